package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.alerts.Alerts;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.run.Times;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "alerts",
        description = "List incidents, test the channels of alerts, and mute alerts during maintenance.",
        mixinStandardHelpOptions = true,
        versionProvider = CaravanCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan alerts ls --since 24h",
            "  caravan alerts test",
            "  caravan alerts mute products-daily --for 2h",
            "  caravan alerts mute --all --from 2026-01-31T20:00:00Z --for 4h"
        },
        subcommands = {AlertsCommand.Ls.class, AlertsCommand.Test.class, AlertsCommand.Mute.class})
final class AlertsCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    @Command(name = "ls", description = "List the open incidents; with --since also those that were resolved since.")
    static final class Ls implements Callable<Integer> {

        private static final int LIMIT = 1_000;
        private static final List<String> NAMES =
                List.of("pipeline", "cause", "state", "opened", "resolved", "run", "message", "fix");

        @Mixin
        private CommandContext context;

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description = "Also incidents resolved since a time (2026-01-31, 2026-01-31T06:00:00Z) or within a"
                        + " period (90m, 24h, 7d).")
        private String since;

        @Override
        public Integer call() {
            Instant begin = since == null ? null : Times.since("--since", since);
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                IncidentTable incidents = application.pipelines().ledger().incidents();
                List<Incident> found = begin == null ? incidents.open() : incidents.since(begin, LIMIT);
                context.output().rows(NAMES, found.stream().map(Ls::fields).iterator());
            }
            return 0;
        }

        private static Map<String, Object> fields(Incident incident) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("pipeline", incident.pipeline());
            fields.put("cause", incident.cause());
            fields.put("state", incident.closed() == null ? "open" : "resolved");
            fields.put("opened", incident.opened());
            fields.put("resolved", incident.closed());
            fields.put("run", incident.run());
            fields.put("message", incident.message());
            fields.put("fix", incident.fix());
            return fields;
        }
    }

    @Command(
            name = "test",
            description = "Send a test message to each channel that is set up, and report whether it was accepted.")
    static final class Test implements Callable<Integer> {

        @Mixin
        private CommandContext context;

        @Override
        public Integer call() {
            Configurator.setLevel("dev.caravan", Level.WARN);
            boolean failed = false;
            try (Application application = context.start(Extent.ON_DEMAND)) {
                Map<String, Exception> results = Alerts.test(application.context());
                if (results.isEmpty()) {
                    throw new UsageException("No channel is set up: set alerts.log, alerts.slack.url, alerts.mail.to or"
                            + " alerts.pagerduty.key, and keep routes/alerts.yaml");
                }
                List<Map<String, Object>> rows = new ArrayList<>();
                for (Map.Entry<String, Exception> result : results.entrySet()) {
                    failed |= result.getValue() != null;
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("channel", result.getKey());
                    row.put("result", result.getValue() == null ? "sent" : "failed");
                    row.put("error", result.getValue() == null ? null : Errors.describe(result.getValue()));
                    rows.add(row);
                }
                context.output().rows(rows);
            }
            return failed ? 1 : 0;
        }
    }

    @Command(
            name = "mute",
            description = "Send no messages about a pipeline for some time. Incidents are still listed; those that are"
                    + " open afterwards are told then.")
    static final class Mute implements Callable<Integer> {

        @Mixin
        private CommandContext context;

        @Parameters(paramLabel = "PIPELINE", arity = "0..1", description = "Name of the pipeline.")
        private String pipeline;

        @Option(names = "--all", description = "All pipelines.")
        private boolean all;

        @Option(names = "--for", paramLabel = "PERIOD", description = "How long (90m, 24h, 7d).")
        private String length;

        @Option(
                names = "--from",
                paramLabel = "TIME",
                description =
                        "When it begins: a time (2026-01-31T06:00:00Z) or a period from now (2h); now by default.")
        private String from;

        @Option(names = "--end", description = "End it now, and what is planned.")
        private boolean end;

        @Override
        public Integer call() {
            if (all == (pipeline != null)) {
                throw new UsageException("Name a pipeline, or --all");
            }
            if (end == (length != null)) {
                throw new UsageException("Say how long with --for, such as --for 2h, or --end");
            }
            Instant begin = from == null ? Instant.now() : Times.from("--from", from);
            Duration duration = end ? Duration.ZERO : Times.period("--for", length);
            String name = all ? IncidentTable.ALL : pipeline;
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                Ledger ledger = application.pipelines().ledger();
                ledger.requireWritable();
                if (!all && !ledger.pipelines().pauses().containsKey(name)) {
                    throw new UsageException("Unknown pipeline " + name + ". caravan ls lists the pipelines");
                }
                String about = all ? "all pipelines" : name;
                if (end) {
                    int ended = ledger.incidents().unmute(name);
                    context.info(
                            ended == 0
                                    ? "Alerts about " + about + " were not muted"
                                    : "Alerts about " + about + " are sent again");
                } else {
                    ledger.incidents().mute(name, begin, begin.plus(duration));
                    context.info("No alerts about " + about + " from " + begin.truncatedTo(ChronoUnit.SECONDS) + " to "
                            + begin.plus(duration).truncatedTo(ChronoUnit.SECONDS));
                }
            }
            return 0;
        }
    }
}
