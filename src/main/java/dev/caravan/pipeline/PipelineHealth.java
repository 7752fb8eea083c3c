package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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
        registry.register(new Beat(component.heartbeat()::lastSign, lease));
        registry.register(new LedgerAnswers(component));
        if (component.isSchedule()) {
            registry.register(new Slots(component, component.ledger().clock().instant()));
        }
    }

    /**
     * Down when the heartbeat has not moved within two leases, because its thread has died or hangs. If only the ledger does not
     * answer, another process would not do better.
     */
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
        public boolean isLiveness() {
            return true; // not the default
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            Duration age = Duration.between(last.get(), Instant.now());
            if (age.compareTo(lease.multipliedBy(2)) <= 0) {
                builder.up();
            } else {
                builder.message("The heartbeat has not moved for " + age.toSeconds() + " s")
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
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            try {
                component.ledger().pipelines().pauses();
                builder.up();
            } catch (RuntimeException e) {
                builder.message(Errors.describe(e)).down();
            }
        }
    }

    /**
     * Down while the scheduler of this process does not fire, or nobody has accounted for a slot since the start of this process
     * although its time has passed.
     */
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
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            if (component.isSchedulerStalled()) {
                builder.message("The scheduler has stopped firing").down();
                return;
            }
            List<String> overdue;
            try {
                overdue = overdue();
            } catch (RuntimeException e) {
                builder.message(Errors.describe(e)).unknown();
                return;
            }
            if (overdue.isEmpty()) {
                builder.up();
            } else {
                builder.message("Overdue: " + String.join(", ", overdue)).down();
            }
        }

        private List<String> overdue() {
            Map<String, Duration> limits =
                    component.pipelines().names().stream().collect(Collectors.toMap(name -> name, name -> GRACE));
            return component.pipelines().overdue(limits).entrySet().stream()
                    .filter(pipeline -> pipeline.getValue().stream().anyMatch(slot -> slot.isAfter(started)))
                    .map(Map.Entry::getKey)
                    // otherwise the slot waits for the run before it
                    .filter(name -> !component.ledger().slots().isActive(name))
                    .toList();
        }
    }
}
