package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command about one pipeline. */
abstract class OnePipeline implements Callable<Integer> {

    @Mixin
    CommandContext context;

    @Parameters(paramLabel = "PIPELINE", description = "Its name, as caravan ls shows it.")
    String pipeline;
}
