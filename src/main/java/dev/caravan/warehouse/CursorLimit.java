package dev.caravan.warehouse;

/** The limit up to which a load moves the cursor. */
public enum CursorLimit {
    /** The time of the load. */
    NOW
}
