package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command for one pipeline. */
abstract class PipelineCommand implements Callable<Integer> {

    @Mixin
    CommandContext context;

    @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline, as listed by caravan ls.")
    String pipeline;
}
