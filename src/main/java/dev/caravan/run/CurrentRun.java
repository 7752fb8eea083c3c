package dev.caravan.run;

import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.Exchange;

/** The run that a thread works for, for those who see no exchange, such as a client of HTTP. */
public final class CurrentRun {

    private static final ThreadLocal<Run> CURRENT = new ThreadLocal<>();

    private CurrentRun() {}

    /** The run that this thread works for, if it works for one. */
    public static Optional<Run> get() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** The run of an exchange, else the one that this thread works for, else null. */
    public static Run of(Exchange exchange) {
        return Run.of(exchange).or(CurrentRun::get).orElse(null);
    }

    /** Does work for a run. */
    public static <T> T with(Run run, Supplier<T> work) {
        Run before = CURRENT.get();
        CURRENT.set(run);
        try {
            return work.get();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }
}
