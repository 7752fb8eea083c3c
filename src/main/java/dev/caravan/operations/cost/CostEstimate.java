package dev.caravan.operations.cost;

import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.routes.RouteUris;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.EngineFactory.Feature;
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
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;

/**
 * The estimated cost of the scheduled pipelines in 31 days, by component: from their crons, their last runs, and the prices
 * in the properties {@code cost.*}. The route of a pipeline says what it uses: a step to {@code api:openexchangerates}
 * makes an API request, one to {@code direct:exchange-rates-put} writes an object that Snowpipe loads, one to
 * {@code warehouse:}, or to {@code direct:snowpipe}, which waits for Snowpipe, keeps the warehouse on while the run lasts.
 * Runs on demand are not included.
 *
 * @param from the first day
 * @param total of all lines
 * @param asOf the date of the prices
 * @param source the sources of the prices
 */
public record CostEstimate(
        LocalDate from, List<CostLine> lines, BigDecimal total, String currency, String asOf, String source) {

    /** The days of the estimate. */
    public static final int DAYS = 31;

    /** The months for which objects are assumed to stay in the bucket. */
    private static final int MONTHS_KEPT = 12;

    private static final String API_REQUEST = "api:openexchangerates";
    private static final String S3_PUT = "direct:exchange-rates-put";
    private static final String SNOWPIPE_WAIT = "direct:snowpipe";
    private static final String WAREHOUSE = "warehouse:";

    private static final double GB = 1e9;
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
    private static final BigDecimal HOUR = BigDecimal.valueOf(3600);

    /**
     * Estimates the cost of the pipelines of a Camel context.
     *
     * @param from the first day, in UTC
     * @throws UsageException if a price is missing or not a number
     */
    public static CostEstimate of(CamelContext context, LocalDate from) {
        return of(context, from, pipeline -> true);
    }

    /**
     * Estimates the cost of some pipelines, as if the others did not exist.
     *
     * @param from the first day, in UTC
     * @param included by name
     * @throws UsageException if a price is missing or not a number
     */
    public static CostEstimate of(CamelContext context, LocalDate from, Predicate<String> included) {
        Prices prices = new Prices(name -> context.resolvePropertyPlaceholders("{{" + name + ":}}"));
        Pipelines pipelines =
                context.getComponent("pipeline", PipelineComponent.class).pipelines();
        Instant start = from.atStartOfDay().toInstant(ZoneOffset.UTC);
        Instant after = start.minusMillis(1);
        Instant until = after.plus(Duration.ofDays(DAYS));
        boolean metered = context.getComponent("warehouse", WarehouseComponent.class)
                .engineFactory()
                .features()
                .contains(Feature.METERED);
        Map<String, List<Workload>> workloads = new HashMap<>();
        for (Pipeline pipeline : pipelines.list()) {
            if (pipeline.cron() != null && included.test(pipeline.name())) {
                Workload workload = Workload.of(pipelines, pipeline.name(), after, until);
                List<String> uses = uses(context, pipeline.routeId());
                for (String use : uses) {
                    workloads.computeIfAbsent(use, key -> new ArrayList<>()).add(workload);
                }
                if (uses.contains(SNOWPIPE_WAIT) && !uses.contains(WAREHOUSE)) {
                    // without Snowpipe the recorded times include no wait for it
                    workloads
                            .computeIfAbsent(WAREHOUSE, key -> new ArrayList<>())
                            .add(metered && workload.known() > 0 ? workload : workload.waiting());
                }
            }
        }
        List<CostLine> lines = new ArrayList<>();
        lines.add(requests(
                workloads.getOrDefault(API_REQUEST, List.of()), prices.of(workloads.containsKey(API_REQUEST))));
        lines.add(snowpipe(workloads.getOrDefault(S3_PUT, List.of()), prices.of(workloads.containsKey(S3_PUT))));
        lines.add(warehouse(
                workloads.getOrDefault(WAREHOUSE, List.of()), prices.of(workloads.containsKey(WAREHOUSE)), until));
        lines.addAll(bucket(workloads.getOrDefault(S3_PUT, List.of()), prices.of(workloads.containsKey(S3_PUT))));
        BigDecimal total = lines.stream().map(CostLine::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
        return new CostEstimate(
                from,
                lines,
                total.setScale(2, RoundingMode.HALF_UP),
                prices.currency(),
                prices.asOf(),
                prices.source());
    }

    /** Returns the endpoints that a route calls itself; those of the warehouse and of the API without their paths. */
    private static List<String> uses(CamelContext context, String routeId) {
        RouteDefinition route = ((ModelCamelContext) context).getRouteDefinition(routeId);
        return new RouteUris(context)
                .calls(route).stream()
                        .map(RouteUris.Call::address)
                        .map(address -> Stream.of(WAREHOUSE, API_REQUEST)
                                .filter(address::startsWith)
                                .findFirst()
                                .orElse(address))
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
                share + (requests > quota ? ", exceeds the plan" : "") + "; "
                        + basis(workloads, "one request per attempt", each -> "%.2f attempts"
                                .formatted(each.attempts())));
    }

    private static CostLine snowpipe(List<Workload> workloads, Prices prices) {
        return CostLine.of(
                "Snowpipe",
                sum(workloads, Workload::allBytes) / GB,
                "GB",
                prices.snowpipe().multiply(prices.credit()),
                prices.snowpipe() + " credits per GB; "
                        + basis(workloads, "", each -> "%,.0f bytes".formatted(each.bytes())));
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
                "%d resumes, each with %d s of idling and billed for at least 60 s; "
                                .formatted(time.resumes(), prices.autoSuspend().toSeconds())
                        + basis(workloads, "", each -> "%.1f s"
                                .formatted(each.busy().toMillis() / 1000.0)));
    }

    private static List<CostLine> bucket(List<Workload> workloads, Prices prices) {
        return List.of(
                CostLine.of(
                        "S3 storage",
                        sum(workloads, Workload::allBytes) * MONTHS_KEPT / GB,
                        "GB",
                        prices.storage(),
                        "the objects of " + MONTHS_KEPT + " months"),
                CostLine.of(
                        "S3 writes",
                        sum(workloads, Workload::allAttempts),
                        "requests",
                        prices.put().divide(THOUSAND),
                        "one PUT per attempt"),
                CostLine.of(
                        "S3 reads",
                        sum(workloads, Workload::runs),
                        "requests",
                        prices.get().divide(THOUSAND),
                        "Snowpipe reads each object once"));
    }

    private static double sum(List<Workload> workloads, ToDoubleFunction<Workload> quantity) {
        return workloads.stream().mapToDouble(quantity).sum();
    }

    private static String basis(List<Workload> workloads, String rule, Function<Workload, String> each) {
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
