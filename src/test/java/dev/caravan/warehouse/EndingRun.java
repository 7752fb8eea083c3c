package dev.caravan.warehouse;

import dev.caravan.run.FakeRun;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/** A run whose attempt can be ended: aborts what is registered. */
public class EndingRun extends FakeRun {

    private final Map<Registration, AutoCloseable> aborts = new ConcurrentHashMap<>();

    public EndingRun() {
        super("R1", "ending");
    }

    /** Aborts everything registered. */
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
    public Optional<String> step(Exchange exchange) {
        return Optional.of("load");
    }
}
