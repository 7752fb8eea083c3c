package dev.caravan.console;

import dev.caravan.operations.PipelineTables;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Service;
import dev.caravan.pipeline.ledger.Usual;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.warehouse.WarehouseComponent;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;

/**
 * Where pages get their data from.
 *
 * @param broken the route files that were skipped
 * @param costs estimates by pipeline
 */
record Data(CamelContext context, Pipelines pipelines, BrokenRoutes broken, Costs costs) {

    /** The runs of a pipeline that its bars show, and that tell what is usual. */
    static final int RECENT = 30;

    private static final int FEWEST = 5;

    Data(CamelContext context, Pipelines pipelines, BrokenRoutes broken) {
        this(context, pipelines, broken, new Costs(context));
    }

    Ledger ledger() {
        return pipelines.ledger();
    }

    Clock clock() {
        return ledger().clock();
    }

    Instant now() {
        return clock().instant();
    }

    WarehouseComponent warehouse() {
        return context.getComponent("warehouse", WarehouseComponent.class);
    }

    String profile() {
        return context.resolvePropertyPlaceholders("{{caravan.profile:local}}");
    }

    List<RunView> runs(String pipeline, Set<RunState> states, Instant since, String before, int limit) {
        Instant now = now();
        return ledger().history().list(pipeline, states, since, before, limit).stream()
                .map(run -> RunView.of(run, now))
                .toList();
    }

    RunView run(String id) {
        return RunView.of(ledger().history().get(id), now());
    }

    /** Returns the last {@link #RECENT} runs of each pipeline, newest first. */
    Map<String, List<RunView>> recent(Collection<String> names) {
        Instant now = now();
        Map<String, List<RunView>> recent = new HashMap<>();
        ledger().history()
                .newest(names, null, RECENT)
                .forEach((name, runs) -> recent.put(
                        name, runs.stream().map(run -> RunView.of(run, now)).toList()));
        return recent;
    }

    /** Returns what is usual for those of these pipelines that have completed enough runs to tell. */
    Map<String, Usual> usual(Collection<String> names) {
        Map<String, Usual> usual = new HashMap<>(ledger().statistics().usual(names));
        usual.values().removeIf(each -> each.runs() < FEWEST);
        return usual;
    }

    /** Returns how many runs were created on each of the last days, oldest first, by state. */
    Map<LocalDate, Map<RunState, Long>> days(int days) {
        LocalDate today = LocalDate.ofInstant(now(), ZoneOffset.UTC);
        return ledger().statistics().countByDay(null, today.minusDays(days - 1L), today, ZoneOffset.UTC);
    }

    /** Returns the services, the one with the latest heartbeat first. */
    List<Service> nodes() {
        return pipelines.deployment().services();
    }

    /** Returns the tables that a pipeline loads, as its routes name them. */
    List<String> tables(String pipeline) {
        return PipelineTables.of(pipelines, pipeline);
    }

    /** Returns the running runs of all pipelines, oldest first. */
    static List<RunView> live(List<Pipeline> pipelines, Instant now) {
        return pipelines.stream()
                .flatMap(pipeline -> pipeline.runs().stream())
                .filter(run -> run.state().live())
                .sorted((one, other) -> one.id().compareTo(other.id()))
                .map(run -> RunView.of(run, now))
                .toList();
    }
}
