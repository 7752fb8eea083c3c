package dev.caravan.warehouse;

import dev.caravan.run.Run;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/** A run whose attempt can be ended: what it holds is broken off until it is given back. */
public class EndingRun implements Run {

    private final Map<Registration, AutoCloseable> aborts = new ConcurrentHashMap<>();

    /** Breaks off what is held once. */
    public void end() throws Exception {
        for (AutoCloseable abort : aborts.values()) {
            abort.close();
        }
    }

    public int held() {
        return aborts.size();
    }

    @Override
    public Registration onEnd(AutoCloseable abort) {
        Registration held = new Registration() {
            @Override
            public void close() {
                aborts.remove(this);
            }
        };
        aborts.put(held, abort);
        return held;
    }

    @Override
    public String id() {
        return "R1";
    }

    @Override
    public String pipeline() {
        return "ending";
    }

    @Override
    public int attempt() {
        return 1;
    }

    @Override
    public void addProgress(Exchange exchange, long rows, long bytes) {}

    @Override
    public Optional<String> step(Exchange exchange) {
        return Optional.of("load");
    }

    @Override
    public void ensureActive() {}

    @Override
    public void renewLease() {}
}
