package dev.caravan.console;

import dev.caravan.operations.cost.CostEstimate;
import dev.caravan.operations.cost.CostLine;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;

/** What a month of each pipeline costs. An estimate counts the slots of a month, so each is kept for an hour. */
final class Costs {

    private static final Duration KEPT = Duration.ofHours(1);

    private final CamelContext context;
    private final Map<String, Kept> estimates = new ConcurrentHashMap<>();

    Costs(CamelContext context) {
        this.context = context;
    }

    private record Kept(Month month, Instant until) {}

    /**
     * The estimate of 31 days, as if the pipeline ran alone.
     *
     * @param lines only those that cost something
     * @param asOf the date of the prices
     * @param problem why there is no estimate, or null
     */
    record Month(List<CostLine> lines, BigDecimal total, String currency, String asOf, String problem) {}

    /** Returns the estimate of a scheduled pipeline. */
    Month of(String pipeline, Instant now) {
        Kept kept = estimates.get(pipeline);
        if (kept == null || !now.isBefore(kept.until())) {
            kept = new Kept(estimate(pipeline, now), now.plus(KEPT));
            estimates.put(pipeline, kept);
        }
        return kept.month();
    }

    private Month estimate(String pipeline, Instant now) {
        try {
            CostEstimate estimate =
                    CostEstimate.of(context, LocalDate.ofInstant(now, ZoneOffset.UTC), pipeline::equals);
            return new Month(
                    estimate.lines().stream()
                            .filter(line -> line.amount().signum() > 0)
                            .toList(),
                    estimate.total(),
                    estimate.currency(),
                    estimate.asOf(),
                    null);
        } catch (UsageException e) {
            return new Month(List.of(), null, null, null, e.getMessage());
        }
    }
}
