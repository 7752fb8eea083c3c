package dev.caravan.operations.cost;

import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.routes.RouteUris;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.WarehouseComponent;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;

/**
 * What the scheduled pipelines cost in a month of 31 days, by component: from their crons, from how their last runs went,
 * and from the prices in the properties {@code cost.*}. What a pipeline uses is read off its route: a step to
 * {@code direct:exchange-rates} asks the API, one to {@code direct:exchange-rates-put} writes an object that Snowpipe
 * loads, one to {@code warehouse:}, or to {@code direct:snowpipe} to wait for what was put, keeps the warehouse on while
 * the run lasts. Runs on demand are not part of it.
 *
 * @param from the first day
 * @param total of all lines
 * @param asOf when the prices were looked up
 * @param source where
 */
public record CostEstimate(
        LocalDate from, List<CostLine> lines, BigDecimal total, String currency, String asOf, String source) {

    /** How many days the estimate is for. */
    public static final int DAYS = 31;

    /** For how long the objects in the bucket are kept, as far as the estimate goes. */
    private static final int MONTHS_KEPT = 12;

    private static final String ASKS = "direct:exchange-rates";
    private static final String PUTS = "direct:exchange-rates-put";
    private static final String ARRIVES = "direct:snowpipe";
    private static final String LOADS = "warehouse:";

    private static final double GB = 1e9;
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
    private static final BigDecimal HOUR = BigDecimal.valueOf(3600);

    /**
     * Estimates what the pipelines of a Camel context will cost.
     *
     * @param from the first day, in UTC
     * @throws UsageException if a price is missing or no number
     */
    public static CostEstimate of(CamelContext context, LocalDate from) {
        Prices prices = new Prices(name -> context.resolvePropertyPlaceholders("{{" + name + ":}}"));
        Pipelines pipelines =
                context.getComponent("pipeline", PipelineComponent.class).pipelines();
        Instant start = from.atStartOfDay().toInstant(ZoneOffset.UTC);
        Instant after = start.minusMillis(1);
        Instant until = after.plus(Duration.ofDays(DAYS));
        boolean snowflake = context.getComponent("warehouse", WarehouseComponent.class)
                .getEngine()
                .equals("snowflake");
        Map<String, List<Workload>> workloads = new HashMap<>();
        for (Pipeline pipeline : pipelines.list()) {
            if (pipeline.cron() != null) {
                Workload workload = Workload.of(pipelines, pipeline.name(), after, until);
                List<String> uses = uses(context, pipeline.routeId());
                for (String use : uses) {
                    workloads.computeIfAbsent(use, key -> new ArrayList<>()).add(workload);
                }
                if (uses.contains(ARRIVES) && !uses.contains(LOADS)) {
                    // what the ledger knows of a wait for DuckDB says nothing of one for Snowpipe
                    workloads
                            .computeIfAbsent(LOADS, key -> new ArrayList<>())
                            .add(snowflake && workload.known() > 0 ? workload : workload.waiting());
                }
            }
        }
        List<CostLine> lines = new ArrayList<>();
        lines.add(requests(workloads.getOrDefault(ASKS, List.of()), prices.of(workloads.containsKey(ASKS))));
        lines.add(snowpipe(workloads.getOrDefault(PUTS, List.of()), prices.of(workloads.containsKey(PUTS))));
        lines.add(warehouse(workloads.getOrDefault(LOADS, List.of()), prices.of(workloads.containsKey(LOADS)), until));
        lines.addAll(bucket(workloads.getOrDefault(PUTS, List.of()), prices.of(workloads.containsKey(PUTS))));
        BigDecimal total = lines.stream().map(CostLine::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
        return new CostEstimate(
                from,
                lines,
                total.setScale(2, RoundingMode.HALF_UP),
                prices.currency(),
                prices.asOf(),
                prices.source());
    }

    /** Which of the things that cost a route uses itself. */
    private static List<String> uses(CamelContext context, String routeId) {
        RouteDefinition route = ((ModelCamelContext) context).getRouteDefinition(routeId);
        return new RouteUris(context)
                .calls(route).stream()
                        .map(RouteUris.Call::address)
                        .map(address -> address.startsWith(LOADS) ? LOADS : address)
                        .distinct()
                        .toList();
    }

    private static CostLine requests(List<Workload> workloads, Prices prices) {
        double requests = sum(workloads, Workload::allAttempts);
        double quota = prices.quota().doubleValue();
        String share = "%.1f %% of the plan's %,.0f".formatted(quota == 0 ? 0 : 100 * requests / quota, quota);
        return CostLine.flat(
                "Open Exchange Rates",
                requests,
                "requests",
                prices.plan(),
                share + (requests > quota ? ", which is TOO MUCH" : "") + "; "
                        + how(workloads, "one request each attempt", each -> "%.2f attempts"
                                .formatted(each.attempts())));
    }

    private static CostLine snowpipe(List<Workload> workloads, Prices prices) {
        return CostLine.of(
                "Snowpipe",
                sum(workloads, Workload::allBytes) / GB,
                "GB",
                prices.snowpipe().multiply(prices.credit()),
                prices.snowpipe() + " credits for a GB; "
                        + how(workloads, "", each -> "%,.0f bytes".formatted(each.bytes())));
    }

    private static CostLine warehouse(List<Workload> workloads, Prices prices, Instant until) {
        List<WarehouseTime.Use> uses = new ArrayList<>();
        for (Workload each : workloads) {
            uses.addAll(each.uses(prices.autoSuspend(), until));
        }
        WarehouseTime time = WarehouseTime.of(uses, prices.autoSuspend());
        return CostLine.of(
                "Snowflake warehouse",
                time.billed().toMillis() / 1000.0,
                "seconds",
                prices.credit().multiply(prices.creditsPerHour()).divide(HOUR, 12, RoundingMode.HALF_UP),
                "%d resumes, each with %d s of idling and 60 s at least; "
                                .formatted(time.resumes(), prices.autoSuspend().toSeconds())
                        + how(workloads, "", each -> "%.1f s"
                                .formatted(each.busy().toMillis() / 1000.0)));
    }

    private static List<CostLine> bucket(List<Workload> workloads, Prices prices) {
        return List.of(
                CostLine.of(
                        "S3 storage",
                        sum(workloads, Workload::allBytes) * MONTHS_KEPT / GB,
                        "GB",
                        prices.storage(),
                        "the objects of " + MONTHS_KEPT + " such months"),
                CostLine.of(
                        "S3 writes",
                        sum(workloads, Workload::allAttempts),
                        "requests",
                        prices.put().divide(THOUSAND),
                        "one PUT each attempt"),
                CostLine.of(
                        "S3 reads",
                        sum(workloads, Workload::runs),
                        "requests",
                        prices.get().divide(THOUSAND),
                        "Snowpipe gets each object once"));
    }

    private static double sum(List<Workload> workloads, ToDoubleFunction<Workload> quantity) {
        return workloads.stream().mapToDouble(quantity).sum();
    }

    private static String how(List<Workload> workloads, String rule, Function<Workload, String> each) {
        if (workloads.isEmpty()) {
            return "no scheduled pipeline uses it";
        }
        return workloads.stream()
                        .map(workload -> workload.runs() + " runs of " + workload.pipeline() + ", "
                                + each.apply(workload) + " each (" + workload.basis() + ")")
                        .collect(Collectors.joining("; "))
                + (rule.isEmpty() ? "" : "; " + rule);
    }
}
