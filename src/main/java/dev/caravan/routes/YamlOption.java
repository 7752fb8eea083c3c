package dev.caravan.routes;

/**
 * An option of an endpoint as it is written.
 *
 * @param value null if there is none
 * @param line where, from 1 on
 */
record YamlOption(String name, String value, int line) {

    /** Whether a property, or a parameter of a template, stands in it. */
    boolean hasPlaceholder() {
        return value != null && value.contains("{{");
    }
}
