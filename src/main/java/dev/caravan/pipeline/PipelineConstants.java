package dev.caravan.pipeline;

import org.apache.camel.spi.Metadata;

/** The headers of a message to a receiver, whose body is JSON. */
public final class PipelineConstants {

    @Metadata(description = "The id of the message, the same in all attempts to deliver it.", javaType = "String")
    public static final String MESSAGE = "CaravanMessage";

    @Metadata(description = "The name of the pipeline.", javaType = "String")
    public static final String PIPELINE = "CaravanPipeline";

    @Metadata(description = "The id of the run.", javaType = "String")
    public static final String RUN = "CaravanRun";

    @Metadata(
            description = "The state of the run: completed, failed, crashed, cancelled, skipped.",
            javaType = "String")
    public static final String STATE = "CaravanState";

    @Metadata(description = "The first line of the error of the run, if it did not complete.", javaType = "String")
    public static final String ERROR = "CaravanError";

    private PipelineConstants() {}
}
