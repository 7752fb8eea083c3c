package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.PipelinePreview;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        description = "Run a pipeline now, in this process. Exits with 0 only if the run completed.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan run products-daily",
            "  caravan run products-daily --preview 5",
            "  caravan run exchange-rates-backfill -p start_date=2026-09-01 -p end_date=2026-09-07",
            "  caravan run products-full-refresh --detach",
            "  caravan run products-daily --slot last"
        })
final class RunCommand extends PipelineCommand {

    @Option(
            names = {"-p", "--parameter"},
            paramLabel = "NAME=VALUE",
            description = "A parameter of the run; can be repeated.")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(
            names = "--preview",
            paramLabel = "ROWS",
            description =
                    "Show the first rows of each load, their columns, and what the table would gain. Loads nothing; there is"
                            + " no run.")
    private Integer preview;

    @Option(
            names = "--detach",
            description =
                    "Let the service run it, and do not wait: the next caravan serve with a free place takes the run."
                            + " Exits with 0 if it was requested.")
    private boolean detach;

    @Option(
            names = "--slot",
            paramLabel = "last|TIME",
            description =
                    "Run a slot of the pipeline's cron: the last one, or that of a time such as 2026-01-31T06:00:00Z. For"
                            + " other schedulers: a slot that is asked for twice runs once, and both wait for its end. Exits with 0 if"
                            + " the slot's run completed or was skipped, or the pipeline is paused, with 1 if the run failed.")
    private String slot;

    @Override
    public Integer call() {
        if (slot != null && (detach || preview != null || !parameters.isEmpty())) {
            throw new UsageException(
                    "--slot runs the pipeline as its schedule does: use it without -p, --preview and --detach");
        }
        if (detach && preview != null) {
            throw new UsageException(
                    "--preview shows rows here, --detach leaves the run to the service: use one of them");
        }
        if (detach) {
            try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
                return requested(context, application, application.pipelines().enqueue(pipeline, parameters));
            }
        }
        try (Application application = context.start(Extent.ON_DEMAND, pipeline)) {
            if (slot != null) {
                return slot(application, slot.equals("last") ? null : time(slot));
            }
            if (preview != null) {
                context.output()
                        .records(
                                PipelinePreview.of(
                                                application.context(),
                                                application.pipelines(),
                                                pipeline,
                                                parameters,
                                                preview)
                                        .stream()
                                        .map(Fields::preview)
                                        .toList());
                return 0;
            }
            return end(context, application.pipelines().run(pipeline, parameters));
        }
    }

    private int slot(Application application, Instant time) {
        Optional<RunRecord> run = application.pipelines().runSlot(pipeline, time);
        if (run.isEmpty()) {
            context.info("Pipeline " + pipeline + " is paused: nothing was run. See caravan resume " + pipeline);
            return 0;
        }
        int exit = end(context, run.get());
        return run.get().state() == RunState.SKIPPED ? 0 : exit;
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new UsageException(
                    "Invalid --slot " + text + ": write last, or a time such as 2026-01-31T06:00:00Z", e);
        }
    }

    /** Prints a run that a service will execute. */
    static int requested(CommandContext context, Application application, String run) {
        context.output()
                .record(Fields.summary(
                        application.pipelines().ledger().history().get(run)));
        if (!application.pipelines().isServed()) {
            context.info("No service is running: the run waits until caravan serve is started");
        }
        return 0;
    }

    /** Prints a run that has ended, and returns the exit code. */
    static int end(CommandContext context, RunRecord run) {
        context.output().record(run.error() == null ? Fields.summary(run) : Fields.listed(run));
        return Fields.completed(run) ? 0 : 1;
    }
}
