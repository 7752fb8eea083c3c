package dev.caravan.operations;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.util.stream.Stream;

/** One line of a checklist: looks at one thing and says how it is. A check changes nothing. */
public interface Check {

    /** What is checked, the same every time: {@code schema DLT.APPLICATION_DATA}. */
    String name();

    /** Looks. It may throw what stands in the way of looking. */
    Finding run();

    /** Looks, and takes what stands in the way as the finding: the exception's sentence says what to do. */
    default Finding finding() {
        try {
            return run();
        } catch (PermanentException | TransientException e) {
            return fail(sentence(e), null);
        }
    }

    /** What an exception says, or what is behind one of Camel's, without the lines that quote SQL. */
    static String sentence(RuntimeException failure) {
        Throwable ours = Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .filter(e -> e instanceof PermanentException || e instanceof TransientException)
                .findFirst()
                .orElse(failure);
        return String.valueOf(ours.getMessage()).lines().findFirst().orElse("");
    }

    /** All is well. */
    default Finding pass(String found) {
        return new Finding(name(), Finding.Result.PASS, found, null);
    }

    /** Something is wrong; {@code fix} says what to do, or is null if {@code found} says it already. */
    default Finding fail(String found, String fix) {
        return new Finding(name(), Finding.Result.FAIL, found, fix);
    }

    /** It needs something that is wrong, or that could not be checked either. */
    default Finding notChecked(String reason) {
        return new Finding(name(), Finding.Result.NOT_CHECKED, reason, null);
    }

    /** There is no such thing here, for this reason. */
    default Finding notApplicable(String reason) {
        return new Finding(name(), Finding.Result.NOT_APPLICABLE, reason, null);
    }
}
