package dev.caravan.operations;

import dev.caravan.run.Secrets;
import java.util.Locale;

/**
 * The result of a check.
 *
 * @param check its name
 * @param found what was found, or why the check does not apply
 * @param fix what to do if it failed, or null
 */
public record Finding(String check, Result result, String found, String fix) {

    /** Masks secrets. */
    public Finding {
        found = found == null ? null : Secrets.mask(found);
        fix = fix == null ? null : Secrets.mask(fix);
    }

    /** The results of a check. Commands print them in lower case. */
    public enum Result {
        PASS,
        FAIL,
        /** The check does not apply here; {@link Finding#found} says why. */
        NOT_APPLICABLE,
        /** A prerequisite failed; {@link Finding#found} says which. */
        NOT_CHECKED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns whether the check failed. */
    public boolean failed() {
        return result == Result.FAIL;
    }

    /** Returns whether checks that depend on this one can run. */
    public boolean passed() {
        return result == Result.PASS || result == Result.NOT_APPLICABLE;
    }
}
