package dev.caravan.run;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A named point at which tests break the process. Does nothing unless the system property {@code caravan.failpoint} is set
 * to {@code NAME[:halt|throw|error][@N]}: at the N-th hit (default 1) of that name the JVM halts, as if killed, or an
 * exception or an {@link OutOfMemoryError} is thrown.
 */
public final class Failpoint {

    private static final String SPEC = System.getProperty("caravan.failpoint");
    private static final AtomicLong HITS = new AtomicLong();

    private Failpoint() {}

    /** Marks the point. */
    public static void hit(String name) {
        if (SPEC != null) {
            fire(name);
        }
    }

    private static void fire(String name) {
        int at = SPEC.indexOf('@');
        String target = at < 0 ? SPEC : SPEC.substring(0, at);
        long nth = at < 0 ? 1 : Long.parseLong(SPEC.substring(at + 1));
        if (target.replaceFirst(":(halt|throw|error)$", "").equals(name) && HITS.incrementAndGet() == nth) {
            if (target.endsWith(":throw")) {
                throw new TransientException("Failpoint " + name);
            } else if (target.endsWith(":error")) {
                throw new OutOfMemoryError("Failpoint " + name);
            }
            Runtime.getRuntime().halt(137);
        }
    }
}
