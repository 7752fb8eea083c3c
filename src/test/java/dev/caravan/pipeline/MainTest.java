package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines as users write them: YAML routes and properties. */
class MainTest {

    @TempDir
    Path directory;

    private Main main() {
        Main main = new Main();
        main.setPropertyPlaceholderLocations("false");
        main.configure().withRoutesIncludePattern("classpath:dev/caravan/pipeline/backfill.yaml");
        main.configure().withShutdownTimeout(7);
        main.addInitialProperty("camel.component.pipeline.ledgerUrl", PipelineContext.url(directory));
        main.addInitialProperty("camel.component.pipeline.lease", "30s");
        main.addInitialProperty("camel.component.pipeline.runRetention", "90d");
        main.addInitialProperty("camel.component.pipeline.logRetention", "30d");
        main.addInitialProperty("camel.component.pipeline.maxLogLines", "100");
        return main;
    }

    @Test
    void aYamlRouteIsAPipeline() throws Exception {
        Main main = main();
        main.start();
        try {
            PipelineComponent component = main.getCamelContext().getComponent("pipeline", PipelineComponent.class);
            assertThat(component.getRunRetention()).isEqualTo(90L * 24 * 3600 * 1000);
            assertThat(main.getCamelContext().getShutdownStrategy().getTimeout())
                    .isEqualTo(7);
            Pipelines pipelines = component.pipelines();
            Pipeline pipeline = pipelines.get("backfill");
            assertThat(pipeline.description()).isEqualTo("Loads the days that are missing");
            assertThat(pipeline.schedule()).isNotBlank();
            assertThat(pipeline.parameters())
                    .extracting(Parameter::toString)
                    .containsExactly("end_date=date:yesterday", "note=string?", "start_date=date:2026-01-01");
            RunRecord run = pipelines.run(
                    "backfill", Map.of("start_date", "2026-01-01", "end_date", "2026-01-02", "note", "a & b = 1 %20"));
            assertThat(run.state()).isEqualTo(RunState.COMPLETED);
            assertThat(pipelines.ledger().logs().list(run.id(), 0, 100))
                    .extracting(LogLine::message)
                    .contains("from 2026-01-01 to 2026-01-02: a & b = 1 %20");
            assertThatThrownBy(() ->
                            pipelines.run("backfill", Map.of("start_date", "2026-01-03", "end_date", "2026-01-02")))
                    .isInstanceOf(UsageException.class);
            assertThat(pipelines.ledger().history().list("backfill", null, 10)).hasSize(1);
        } finally {
            main.stop();
        }
    }
}
