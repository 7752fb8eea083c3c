package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunHistory;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
        description = "What ran, when, and how it went.",
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
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    @Command(name = "ls", description = "List runs, the newest first.")
    static final class Ls implements Callable<Integer> {

        private static final int ERROR_WIDTH = 60;
        private static final Pattern AGE = Pattern.compile("(\\d+)([mhd])");
        private static final Map<String, ChronoUnit> UNITS =
                Map.of("m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS, "d", ChronoUnit.DAYS);

        @Mixin
        private CommandContext context;

        @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "How many (default: 20).")
        private int limit;

        @Option(names = "--pipeline", paramLabel = "NAME", description = "Only of this pipeline.")
        private String pipeline;

        @Option(
                names = "--state",
                paramLabel = "STATE",
                split = ",",
                description = "Only in this state: scheduled, running, retrying, completed, failed, crashed, cancelled,"
                        + " skipped. Several, with commas between them or by several --state, will do as well.")
        private List<String> states = List.of();

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description =
                        "Only created at this time or later: 2026-01-31, 2026-01-31T06:00:00Z, or so long ago: 90m, 24h,"
                                + " 7d.")
        private String since;

        @Override
        public Integer call() {
            Set<RunState> wanted = states.stream().map(Ls::state).collect(Collectors.toSet());
            Instant begin = since == null ? null : since(since);
            if (limit < 1) {
                throw new UsageException("--limit " + limit + ": give 1 or more");
            }
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                context.output()
                        .rows(
                                Fields.LISTED,
                                application.pipelines().ledger().history().list(pipeline, wanted, begin, limit).stream()
                                        .map(Fields::listed)
                                        .map(context.isJson() ? UnaryOperator.identity() : Ls::shortened)
                                        .iterator());
            }
            return 0;
        }

        /** A table has room for the beginning only; runs show has it all. */
        private static Map<String, Object> shortened(Map<String, Object> fields) {
            fields.computeIfPresent("error", (name, error) -> {
                String line = error.toString().lines().findFirst().orElse("");
                return line.length() <= ERROR_WIDTH ? line : line.substring(0, ERROR_WIDTH - 3) + "...";
            });
            return fields;
        }

        private static Instant since(String text) {
            Matcher age = AGE.matcher(text);
            try {
                if (age.matches()) {
                    return Instant.now().minus(Long.parseLong(age.group(1)), UNITS.get(age.group(2)));
                }
                return text.length() == 10
                        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                        : OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
                throw new UsageException(
                        "--since " + text + ": give a day (2026-01-31), a time (2026-01-31T06:00:00Z) or an age (24h)",
                        e);
            }
        }

        private static RunState state(String name) {
            return Arrays.stream(RunState.values())
                    .filter(state -> state.toString().equals(name.toLowerCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new UsageException(
                            "There is no state " + name + ". There are: " + List.of(RunState.values())));
        }
    }

    /** A command about one run. */
    abstract static class OneRun implements Callable<Integer> {

        @Mixin
        CommandContext context;

        @Parameters(paramLabel = "ID", description = "The run's id, as caravan runs ls shows it.")
        String id;
    }

    @Command(name = "show", description = "Show a run with its attempts and steps.")
    static final class Show extends OneRun {

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                RunHistory history = application.pipelines().ledger().history();
                context.output().record(Fields.all(history.get(id), history.attempts(id)));
            }
            return 0;
        }
    }

    @Command(name = "logs", description = "Print what was logged for a run, whatever thread wrote it.")
    static final class Logs extends OneRun {

        private static final int PAGE = 1000;
        private static final long PAUSE_MILLIS = 500;

        @Option(names = "--follow", description = "Go on until the run has ended.")
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

        /** The lines after another; none only if there will be none. The last ones follow the end of the run. */
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

    @Command(name = "cancel", description = "End a run that is under way, in whatever process; it takes a few seconds.")
    static final class Cancel extends OneRun {

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.LEDGER)) {
                application.pipelines().cancel(id);
            }
            context.say("Run " + id + " is asked to end");
            return 0;
        }
    }

    @Command(
            name = "retry",
            description = "Run a failed, crashed or cancelled run again, with the same id and parameters. What it had"
                    + " committed before is found and not loaded twice.")
    static final class Retry extends OneRun {

        @Override
        public Integer call() {
            try (Application application = context.start(Extent.ON_DEMAND, this::pipeline)) {
                return RunCommand.end(context, application.pipelines().retry(id));
            }
        }

        private String pipeline(Application application) {
            return application.pipelines().ledger().history().get(id).pipeline();
        }
    }
}
