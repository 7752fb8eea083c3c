package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Whether a process with schedules does its job: it is alive while its heartbeat is, and ready while the ledger answers and
 * no slot is overdue.
 */
final class PipelineHealth {

    private static final String GROUP = "caravan";

    private PipelineHealth() {}

    static void register(HealthCheckRegistry registry, PipelineComponent component, Duration lease) {
        registry.register(new Beat(component::lastBeat, lease));
        registry.register(new LedgerAnswers(component));
        registry.register(new Slots(component, component.ledger().clock().instant()));
    }

    /** Down when no heartbeat has succeeded within two leases, for example because its thread has died. */
    static final class Beat extends AbstractHealthCheck {

        private final Supplier<Instant> last;
        private final Duration lease;

        Beat(Supplier<Instant> last, Duration lease) {
            super(GROUP, "heartbeat");
            this.last = last;
            this.lease = lease;
        }

        @Override
        public boolean isReadiness() {
            return false;
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            Duration age = Duration.between(last.get(), Instant.now());
            if (age.compareTo(lease.multipliedBy(2)) <= 0) {
                builder.up();
            } else {
                builder.message("The last heartbeat was " + age.toSeconds() + " s ago")
                        .down();
            }
        }
    }

    /** Down when the ledger does not answer. */
    static final class LedgerAnswers extends AbstractHealthCheck {

        private final PipelineComponent component;

        LedgerAnswers(PipelineComponent component) {
            super(GROUP, "ledger");
            this.component = component;
        }

        @Override
        public boolean isLiveness() {
            return false;
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            try {
                component.ledger().pipelines().pauses();
                builder.up();
            } catch (RuntimeException e) {
                builder.message(Errors.describe(e)).down();
            }
        }
    }

    /** Down while a slot since the start of this process has no run although its time has passed. */
    static final class Slots extends AbstractHealthCheck {

        private static final Duration GRACE = Duration.ofMinutes(5);

        private final PipelineComponent component;
        private final Instant started;

        Slots(PipelineComponent component, Instant started) {
            super(GROUP, "slots");
            this.component = component;
            this.started = started;
        }

        @Override
        public boolean isLiveness() {
            return false;
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            Instant due = component.ledger().clock().instant().minus(GRACE);
            List<String> overdue = component.pipelines().list().stream()
                    .filter(pipeline ->
                            pipeline.missed().stream().anyMatch(slot -> slot.isAfter(started) && slot.isBefore(due)))
                    .map(Pipeline::name)
                    .toList();
            if (overdue.isEmpty()) {
                builder.up();
            } else {
                builder.message("Overdue: " + String.join(", ", overdue)).down();
            }
        }
    }
}
