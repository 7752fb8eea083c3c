package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunHistory;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Times;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "runs",
        description = "List, inspect, retry and cancel runs.",
        mixinStandardHelpOptions = true,
        versionProvider = CaravanCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runs ls --pipeline products-daily --limit 5",
            "  caravan runs ls --state failed,crashed --since 24h --output json",
            "  caravan runs logs ID"
        },
        subcommands = {
            RunsCommand.Ls.class,
            RunsCommand.Show.class,
            RunsCommand.Logs.class,
            RunsCommand.Retry.class,
            RunsCommand.Cancel.class
        })
final class RunsCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    @Command(name = "ls", description = "List runs, newest first.")
    static final class Ls implements Callable<Integer> {

        private static final int ERROR_WIDTH = 60;

        @Mixin
        private CommandContext context;

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "20",
                description = "Maximum number of runs (default: 20).")
        private int limit;

        @Option(names = "--pipeline", paramLabel = "NAME", description = "Only runs of this pipeline.")
        private String pipeline;

        @Option(
                names = "--state",
                paramLabel = "STATE",
                split = ",",
                description = "Only runs in this state: scheduled, running, retrying, completed, failed, crashed,"
                        + " cancelled, skipped, missed. Separate several by commas.")
        private List<String> states = List.of();

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description =
                        "Only runs created since a time (2026-01-31, 2026-01-31T06:00:00Z) or within a period (90m, 24h,"
                                + " 7d).")
        private String since;

        @Override
        public Integer call() {
            Set<RunState> wanted = states.stream().map(RunState::parse).collect(Collectors.toSet());
            Instant begin = since == null ? null : Times.since("--since", since);
            if (limit < 1) {
                throw new UsageException("--limit must be at least 1, not " + limit);
            }
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                context.output()
                        .rows(
                                Fields.LISTED,
                                application
                                        .pipelines()
                                        .ledger()
                                        .history()
                                        .list(pipeline, wanted, begin, null, limit)
                                        .stream()
                                        .map(Fields::listed)
                                        .map(context.isJson() ? UnaryOperator.identity() : Ls::shortened)
                                        .iterator());
            }
            return 0;
        }

        /** Shortens the error for a table; {@code runs show} prints all of it. */
        private static Map<String, Object> shortened(Map<String, Object> fields) {
            fields.computeIfPresent("error", (name, error) -> {
                String line = error.toString().lines().findFirst().orElse("");
                return line.length() <= ERROR_WIDTH ? line : line.substring(0, ERROR_WIDTH - 3) + "...";
            });
            return fields;
        }
    }

    /** A command for one run. */
    abstract static class SingleRun implements Callable<Integer> {

        @Mixin
        CommandContext context;

        @Parameters(paramLabel = "ID", description = "Id of the run, as listed by caravan runs ls.")
        String id;
    }

    @Command(name = "show", description = "Show a run with its attempts and steps.")
    static final class Show extends SingleRun {

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                RunHistory history = application.pipelines().ledger().history();
                context.output()
                        .record(Fields.all(
                                history.get(id),
                                application.pipelines().waitsFor(id).orElse(null),
                                history.attempts(id)));
            }
            return 0;
        }
    }

    @Command(name = "logs", description = "Print the log of a run.")
    static final class Logs extends SingleRun {

        private static final int PAGE = 1000;
        private static final long PAUSE_MILLIS = 500;

        @Option(names = "--follow", description = "Keep printing until the run has ended.")
        private boolean follow;

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                Ledger ledger = application.pipelines().ledger();
                ledger.history().get(id);
                context.output().lines(pages(ledger), Fields::text, Fields::line);
            }
            return 0;
        }

        private Iterator<LogLine> pages(Ledger ledger) {
            return Stream.iterate(
                            page(ledger, 0),
                            page -> !page.isEmpty(),
                            page -> page(ledger, page.get(page.size() - 1).seq()))
                    .flatMap(List::stream)
                    .iterator();
        }

        /** Returns the lines after another one; empty only when no more will come. The last ones follow the end of the run. */
        private List<LogLine> page(Ledger ledger, long after) {
            for (boolean ended = !follow; ; ) {
                List<LogLine> lines = ledger.logs().list(id, after, PAGE);
                if (ended || !lines.isEmpty()) {
                    return lines;
                }
                ended = !ledger.history().get(id).state().live();
                try {
                    Thread.sleep(PAUSE_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return lines;
                }
            }
        }
    }

    @Command(name = "cancel", description = "Cancel a run in progress, in any process; this takes a few seconds.")
    static final class Cancel extends SingleRun {

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                application.pipelines().cancel(id);
            }
            context.info("Cancellation of run " + id + " requested");
            return 0;
        }
    }

    @Command(
            name = "retry",
            description = "Retry a failed, crashed or cancelled run with the same id and parameters. Data that it has"
                    + " already committed is not loaded twice.")
    static final class Retry extends SingleRun {

        @Option(
                names = "--detach",
                description =
                        "Let the service run it, and do not wait: the next caravan serve with a free place takes the"
                                + " run. Exits with 0 if it was requested.")
        private boolean detach;

        @Override
        public Integer call() {
            if (detach) {
                try (Application application = context.startQuietly(Extent.PIPELINES)) {
                    application.pipelines().enqueueRetry(id);
                    return RunCommand.requested(context, application, id);
                }
            }
            try (Application application = context.start(Extent.ON_DEMAND, this::pipeline)) {
                return RunCommand.end(context, application.pipelines().retry(id));
            }
        }

        private String pipeline(Application application) {
            return application.pipelines().ledger().history().get(id).pipeline();
        }
    }
}
