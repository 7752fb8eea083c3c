package dev.caravan.warehouse;

/** How far a load may move the cursor. */
public enum CursorLimit {
    /** Not past the present. */
    NOW
}
