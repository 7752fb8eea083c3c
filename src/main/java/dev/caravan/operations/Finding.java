package dev.caravan.operations;

import dev.caravan.run.Secrets;
import java.util.Locale;

/**
 * What a check found.
 *
 * @param check its name
 * @param found what there is, or why the check does not apply
 * @param fix what to do if it failed, or null
 */
public record Finding(String check, Result result, String found, String fix) {

    /** Neither sentence has a secret in it. */
    public Finding {
        found = found == null ? null : Secrets.mask(found);
        fix = fix == null ? null : Secrets.mask(fix);
    }

    /** How a check can end. Commands print the names in lower case. */
    public enum Result {
        PASS,
        FAIL,
        /** There is no such thing here: {@link Finding#found} says why. */
        NOT_APPLICABLE,
        /** It could not be checked, because something that it needs is wrong: {@link Finding#found} says what. */
        NOT_CHECKED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether something is wrong. */
    public boolean failed() {
        return result == Result.FAIL;
    }

    /** Whether nothing stands in the way of what needs it. */
    public boolean passed() {
        return result == Result.PASS || result == Result.NOT_APPLICABLE;
    }
}
