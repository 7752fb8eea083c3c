package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.Deployment;
import dev.caravan.pipeline.Deployment.Match;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.routes.RouteMistake;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "ls",
        description =
                "List the pipelines: schedule, next slot, timeout, last run, whether they are paused, and whether the"
                        + " service runs the routes as they are here (current) or not (changed, added, removed).")
final class LsCommand implements Callable<Integer> {

    private static final String ERROR = "error";

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES)) {
            List<Pipeline> pipelines = application.pipelines().list();
            Deployment deployment = application.pipelines().deployment();
            List<Map<String, Object>> rows = new ArrayList<>();
            pipelines.forEach(pipeline -> rows.add(fields(pipeline, deployment)));
            Set<String> broken = new HashSet<>();
            for (RouteMistake mistake : application.broken().mistakes()) {
                broken.addAll(application.broken().pipelines(mistake));
                rows.add(fields(mistake, application.broken().pipelines(mistake)));
            }
            deployment.names(Match.REMOVED).stream()
                    .filter(name -> !broken.contains(name))
                    .forEach(name -> rows.add(removed(name)));
            if (!context.isJson()) {
                rows.forEach(row -> row.remove(ERROR)); // it is in the log
            }
            context.output().rows(rows);
            remark(deployment);
            if (!context.isJson()) {
                context.info("At most " + application.pipelines().maxConcurrentRuns()
                        + " runs execute at once in a process; the others wait"
                        + " (camel.component.pipeline.maxConcurrentRuns).");
            }
        }
        return 0;
    }

    /** Reports a service that runs other routes than those listed, or that has ended. */
    private void remark(Deployment deployment) {
        if (deployment.matches().values().stream().anyMatch(match -> match != Match.CURRENT)) {
            context.info("Routes have changed since the service started: restart caravan serve to run them as listed");
        } else if (deployment.last().isPresent()
                && deployment.running().findAny().isEmpty()) {
            context.info("No service has been running since "
                    + deployment.last().get().seen().truncatedTo(ChronoUnit.SECONDS)
                    + ": start caravan serve to run the pipelines on their schedules");
        }
    }

    /** Returns the fields of a pipeline that only the service still has. */
    private static Map<String, Object> removed(String name) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", name);
        fields.put("service", name(Match.REMOVED));
        fields.put(ERROR, null);
        return fields;
    }

    private static String name(Match match) {
        return match == null ? null : match.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> fields(Pipeline pipeline, Deployment deployment) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", pipeline.name());
        fields.put("schedule", pipeline.schedule() == null ? "on demand" : pipeline.schedule());
        fields.put("time_zone", pipeline.schedule() == null ? null : pipeline.timeZone());
        fields.put("next_slot", pipeline.paused() ? null : pipeline.nextSlot());
        fields.put("timeout", pipeline.timeout());
        fields.put("paused", pipeline.paused());
        fields.put(
                "last_run",
                pipeline.lastRun() == null ? null : pipeline.lastRun().created());
        fields.put(
                "last_state",
                pipeline.lastRun() == null ? null : pipeline.lastRun().state());
        fields.put("service", name(deployment.matches().get(pipeline.name())));
        fields.put(ERROR, null);
        return fields;
    }

    /** Returns the fields of an invalid route file, under the names of its pipelines. */
    private static Map<String, Object> fields(RouteMistake mistake, List<String> pipelines) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", pipelines.isEmpty() ? mistake.file() : String.join(", ", pipelines));
        fields.put("schedule", "skipped: invalid route file");
        for (String unknown :
                List.of("time_zone", "next_slot", "timeout", "paused", "last_run", "last_state", "service")) {
            fields.put(unknown, null);
        }
        fields.put(ERROR, mistake.getMessage());
        return fields;
    }
}
