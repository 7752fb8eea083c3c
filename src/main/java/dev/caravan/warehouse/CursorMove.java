package dev.caravan.warehouse;

/**
 * The cursor before and after a load.
 *
 * @param before the cursor that the last load has left, or null
 * @param after the cursor that this load leaves, or null
 */
record CursorMove(Cursor before, Cursor after) {

    String textBefore() {
        return before == null ? null : before.text();
    }

    String textAfter() {
        return after == null ? null : after.text();
    }
}
