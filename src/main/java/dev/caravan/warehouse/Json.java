package dev.caravan.warehouse;

/**
 * A JSON value.
 *
 * @param text as it is written
 */
public record Json(String text) {

    @Override
    public String toString() {
        return text;
    }
}
