package dev.caravan.routes;

/**
 * An option of an endpoint, or a parameter of a template, in a YAML file.
 *
 * @param value null if there is none
 * @param line from 1
 */
record YamlOption(String name, String value, int line) {

    /** Returns whether the value contains a property or template parameter. */
    boolean hasPlaceholder() {
        return value != null && value.contains("{{");
    }
}
