package dev.caravan.operations;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.util.stream.Stream;

/** A check of one thing. It changes nothing. */
public interface Check {

    /** Returns its stable name, as in {@code schema DLT.APPLICATION_DATA}. */
    String name();

    /**
     * Runs the check.
     *
     * @throws RuntimeException if it cannot be carried out
     */
    Finding run();

    /** Runs the check; if it cannot be carried out, it fails with the exception's message. */
    default Finding finding() {
        try {
            return run();
        } catch (PermanentException | TransientException e) {
            return fail(sentence(e), null);
        }
    }

    /** Returns the first line of an exception's message, or of its cause's if Camel has wrapped it. */
    static String sentence(RuntimeException failure) {
        Throwable ours = Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .filter(e -> e instanceof PermanentException || e instanceof TransientException)
                .findFirst()
                .orElse(failure);
        return String.valueOf(ours.getMessage()).lines().findFirst().orElse("");
    }

    /** Returns a finding that the check passed. */
    default Finding pass(String found) {
        return new Finding(name(), Finding.Result.PASS, found, null);
    }

    /** Returns a finding that the check failed; {@code fix} is null if {@code found} says it already. */
    default Finding fail(String found, String fix) {
        return new Finding(name(), Finding.Result.FAIL, found, fix);
    }

    /** Returns a finding that a prerequisite of the check failed. */
    default Finding notChecked(String reason) {
        return new Finding(name(), Finding.Result.NOT_CHECKED, reason, null);
    }

    /** Returns a finding that the check does not apply, for a reason. */
    default Finding notApplicable(String reason) {
        return new Finding(name(), Finding.Result.NOT_APPLICABLE, reason, null);
    }
}
