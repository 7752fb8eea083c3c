package dev.caravan.alerts;

import java.util.Map;

/**
 * A rule for alerts, as the settings have it.
 *
 * @param rule its name, as in {@code alerts.RULE}
 * @param value blank or false if it is off
 * @param own the values of pipelines, tables or APIs that have their own
 * @param meaning what it finds
 */
public record RuleInForce(String rule, String value, Map<String, String> own, String meaning) {

    /** Returns whether it is on, except for those that have their own value. */
    public boolean isOn() {
        return !value.isEmpty() && !value.equals("false");
    }
}
