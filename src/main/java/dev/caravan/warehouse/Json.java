package dev.caravan.warehouse;

/**
 * A JSON value.
 *
 * @param text the source text
 */
public record Json(String text) {

    @Override
    public String toString() {
        return text;
    }
}
