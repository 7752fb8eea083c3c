package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.PipelinePreview;
import dev.caravan.pipeline.ledger.RunRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        description = "Run a pipeline now, in this process. Exits with 0 only if the run completed.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan run products-daily",
            "  caravan run products-daily --preview 5",
            "  caravan run exchange-rates-backfill -p start_date=2026-09-01 -p end_date=2026-09-07"
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

    @Override
    public Integer call() {
        try (Application application = context.start(Extent.ON_DEMAND, pipeline)) {
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

    /** Prints a run that has ended, and returns the exit code. */
    static int end(CommandContext context, RunRecord run) {
        context.output().record(run.error() == null ? Fields.summary(run) : Fields.listed(run));
        return Fields.completed(run) ? 0 : 1;
    }
}
