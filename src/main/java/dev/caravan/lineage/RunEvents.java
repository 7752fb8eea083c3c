package dev.caravan.lineage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.LoadedTable;
import dev.caravan.run.Load;
import dev.caravan.run.RunIds;
import dev.caravan.run.Secrets;
import dev.caravan.warehouse.WarehouseComponent;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineage.RunEvent.EventType;
import io.openlineage.client.utils.DatasetIdentifier;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the event of OpenLineage that a message about a run stands for. */
final class RunEvents {

    private static final Logger LOG = LoggerFactory.getLogger(RunEvents.class);

    /** Writes as OpenLineage's own client, whose classes need more libraries. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private static final String VERSION = Optional.ofNullable(
                    RunEvents.class.getPackage().getImplementationVersion())
            .orElse("0");

    private final CamelContext context;
    private final String namespace;
    private final Pipelines pipelines;
    private final OpenLineage model = new OpenLineage(URI.create("pkg:maven/dev.caravan/caravan@" + VERSION));

    /**
     * @param namespace that of the jobs
     */
    RunEvents(CamelContext context, String namespace) {
        this.context = context;
        this.namespace = namespace;
        this.pipelines =
                context.getComponent("pipeline", PipelineComponent.class).pipelines();
    }

    /** What the loads of a run have done to a table. */
    private record Output(String table, long rows, long bytes) {

        static Output of(Load load) {
            return new Output(load.table(), load.inserted() + load.updated(), load.bytes());
        }

        Output plus(Output other) {
            return new Output(table, rows + other.rows, bytes + other.bytes);
        }
    }

    /** Replaces the message by its event; stops the route if it has none. */
    void process(Exchange exchange) throws IOException {
        JsonNode run = JSON.readTree(exchange.getMessage().getBody(String.class));
        if (run.path("attempts").intValue() == 0) {
            exchange.setRouteStop(true); // skipped, missed, or ended while it waited: nothing has begun
            return;
        }
        exchange.getMessage().setBody(JSON.writeValueAsString(event(run)));
    }

    private OpenLineage.RunEvent event(JsonNode run) {
        String pipeline = run.path("pipeline").textValue();
        EventType type = type(run);
        boolean over = run.path("finished").isTextual();
        return model.newRunEventBuilder()
                .eventType(type)
                .eventTime(time(run.path(over ? "finished" : "started")))
                .run(model.newRun(RunIds.uuid(run.path("run").textValue()), runFacets(run)))
                .job(model.newJob(
                        namespace,
                        pipeline,
                        model.newJobFacetsBuilder()
                                .jobType(model.newJobTypeJobFacetBuilder()
                                        .processingType("BATCH")
                                        .integration("CARAVAN")
                                        .jobType("PIPELINE")
                                        .build())
                                .build()))
                .inputs(inputs(pipeline).stream()
                        .map(input -> model.newInputDatasetBuilder()
                                .namespace(input.getNamespace())
                                .name(input.getName())
                                .build())
                        .toList())
                .outputs(over ? outputs(run.path("run").textValue()) : List.of())
                .build();
    }

    private List<DatasetIdentifier> inputs(String pipeline) {
        try {
            return Inputs.of(pipelines, pipeline);
        } catch (RuntimeException e) { // the rest is worth telling
            LOG.warn("The inputs of {} are not told: {}", pipeline, e.toString());
            return List.of();
        }
    }

    private static EventType type(JsonNode run) {
        return switch (run.path("state").asText()) {
            case "completed" -> EventType.COMPLETE;
            case "failed", "crashed" -> EventType.FAIL;
            case "cancelled" -> EventType.ABORT;
            default -> run.path("attempts").intValue() == 1 ? EventType.START : EventType.RUNNING;
        };
    }

    private OpenLineage.RunFacets runFacets(JsonNode run) {
        OpenLineage.RunFacetsBuilder facets = model.newRunFacetsBuilder()
                .processing_engine(model.newProcessingEngineRunFacetBuilder()
                        .name("caravan")
                        .version(VERSION)
                        .build());
        if (run.path("slot").isTextual()) {
            facets.nominalTime(model.newNominalTimeRunFacetBuilder()
                    .nominalStartTime(time(run.path("slot")))
                    .build());
        }
        if (run.path("error").isTextual()) {
            facets.errorMessage(model.newErrorMessageRunFacetBuilder()
                    .message(Secrets.mask(run.path("error").textValue()))
                    .programmingLanguage("JAVA")
                    .build());
        }
        return facets.build();
    }

    private List<OpenLineage.OutputDataset> outputs(String run) {
        Map<String, Output> outputs = pipelines.ledger().history().attempts(run).stream()
                .flatMap(attempt -> attempt.loads().stream())
                .map(Output::of)
                .collect(Collectors.toMap(Output::table, Function.identity(), Output::plus, TreeMap::new));
        if (outputs.isEmpty()) {
            return List.of();
        }
        Map<String, LoadedTable> tables = pipelines.ledger().loads().tables().stream()
                .collect(Collectors.toMap(LoadedTable::name, Function.identity()));
        String warehouse = context.getComponent("warehouse", WarehouseComponent.class)
                .warehouse()
                .namespace();
        return outputs.values().stream()
                .map(output -> model.newOutputDatasetBuilder()
                        .namespace(warehouse)
                        .name(output.table())
                        .facets(schema(tables.get(output.table())))
                        .outputFacets(model.newOutputDatasetOutputFacetsBuilder()
                                .outputStatistics(model.newOutputStatisticsOutputDatasetFacetBuilder()
                                        .rowCount(output.rows())
                                        .size(output.bytes())
                                        .build())
                                .build())
                        .build())
                .toList();
    }

    private OpenLineage.DatasetFacets schema(LoadedTable table) {
        if (table == null || table.columns().isEmpty()) {
            return null;
        }
        return model.newDatasetFacetsBuilder()
                .schema(model.newSchemaDatasetFacetBuilder()
                        .fields(table.columns().entrySet().stream()
                                .map(column -> model.newSchemaDatasetFacetFieldsBuilder()
                                        .name(column.getKey())
                                        .type(column.getValue())
                                        .build())
                                .toList())
                        .build())
                .build();
    }

    private static ZonedDateTime time(JsonNode text) {
        return Instant.parse(text.textValue()).atZone(ZoneOffset.UTC);
    }
}
