package dev.caravan.run;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Passes log events of the logging backend to the components that store them, so that neither depends on the other.
 * Logging is shared by a whole process, and so is this.
 */
public final class LogBridge {

    /** The key of the logging context (MDC) that holds the id of the run that a thread works for. */
    public static final String RUN = "run";

    /** The key that holds the name of its pipeline. */
    public static final String PIPELINE = "pipeline";

    private static final List<Listener> LISTENERS = new CopyOnWriteArrayList<>();
    private static volatile boolean connected;
    private static volatile boolean traced;

    /**
     * A log event.
     *
     * @param level the name of its level, such as WARN
     * @param thrown null if there is none
     * @param run the id of the run that its thread works for, or null
     */
    public record Event(Instant time, String level, String logger, String message, Throwable thrown, String run) {}

    /** Receives log events. */
    public interface Listener {

        /** Whether this listener is responsible for a run. */
        boolean owns(String run);

        /** Receives an event of a run that it owns. Must be quick. */
        void logged(Event event);

        /**
         * Called before Camel's error handler logs a failure with message history and stack trace.
         *
         * @return whether to drop that event, because the listener logs the failure itself
         */
        boolean replaces(Event failure);
    }

    private LogBridge() {}

    /** Adds a listener. */
    public static void add(Listener listener) {
        LISTENERS.add(listener);
    }

    /** Removes a listener. */
    public static void remove(Listener listener) {
        LISTENERS.remove(listener);
    }

    /** Called by the logging backend when it is set up to publish events. */
    public static void connect() {
        connected = true;
    }

    /** Whether the logging backend publishes events. */
    public static boolean isConnected() {
        return connected;
    }

    /** Sets whether the runs of this process are exported as traces, so that log lines name the trace of their run. */
    public static void setTraced(boolean on) {
        traced = on;
    }

    /** Whether the runs of this process are exported as traces. */
    public static boolean isTraced() {
        return traced;
    }

    /**
     * Passes an event to the listener that owns its run.
     *
     * @param run the id of the run, or null
     * @param event makes the event, if a listener owns the run
     */
    public static void publish(String run, Supplier<Event> event) {
        if (run != null) {
            for (Listener listener : LISTENERS) {
                if (listener.owns(run)) {
                    listener.logged(event.get());
                }
            }
        }
    }

    /** Whether a listener logs a failure itself: the one that owns its run, else any. */
    public static boolean isReplaced(Event failure) {
        Listener responsible = null;
        for (Listener listener : LISTENERS) {
            if (responsible == null || (failure.run() != null && listener.owns(failure.run()))) {
                responsible = listener;
            }
        }
        return responsible != null && responsible.replaces(failure);
    }
}
