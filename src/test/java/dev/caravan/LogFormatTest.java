package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.RunIds;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of commands as JSON, an object per line, in processes of their own. */
@Tag("slow")
class LogFormatTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path home;

    private record Result(int exit, String out, List<String> err) {

        List<JsonNode> log() throws IOException {
            List<JsonNode> all = new ArrayList<>();
            for (String line : err) {
                all.add(JSON.readTree(line));
            }
            return all;
        }
    }

    @BeforeEach
    void install() throws IOException {
        Files.writeString(
                home.resolve("application.properties"),
                """
                camel.main.routesIncludePattern = file:routes/*.yaml
                camel.component.pipeline.ledgerUrl = jdbc:sqlite:data/ledger.db
                camel.component.warehouse.directory = data/warehouse
                camel.main.sourceLocationEnabled = true
                """);
        Files.writeString(home.resolve("application-own.properties"), "caravan.log.format = json\n");
        Files.createFile(home.resolve("application-plain.properties"));
        Files.createDirectories(home.resolve("routes"));
        Files.writeString(
                home.resolve("routes/shop.yaml"),
                """
                - route:
                    id: shop
                    from:
                      uri: pipeline:shop
                      parameters:
                        retries: 0
                      steps:
                        - log:
                            message: 'said "password": "canary-1" and password="canary-2"'
                        - throwException:
                            exceptionType: java.lang.IllegalStateException
                            message: "token=canary-3"
                """);
    }

    private Result run(Map<String, String> environment, String... command) throws Exception {
        File out = home.resolve("out").toFile();
        File err = home.resolve("err").toFile();
        ProcessBuilder builder = JavaProcess.of(Caravan.class, List.of(), command)
                .directory(home.toFile())
                .redirectOutput(out)
                .redirectError(err);
        builder.environment().putAll(environment);
        int exit = builder.start().waitFor();
        return new Result(exit, Files.readString(out.toPath()), Files.readAllLines(err.toPath()));
    }

    @Test
    void linesOfARunHaveItAndItsPipelineAsFieldsAndNoSecret() throws Exception {
        Result result = run(Map.of(), "run", "shop", "--profile", "own");
        assertThat(result.exit()).isEqualTo(1);
        // stdout is as without it
        assertThat(result.out()).contains("pipeline  shop").contains("state     failed");
        String run = result.out()
                .lines()
                .findFirst()
                .orElseThrow()
                .replace("run", "")
                .strip();
        JsonNode said = result.log().stream()
                .filter(line -> line.path("message").asText().startsWith("said"))
                .findFirst()
                .orElseThrow();
        assertThat(said.path("message").asText()).isEqualTo("said \"password\": \"xxxxxx\" and password=\"xxxxxx\"");
        assertThat(said.path("log.level").asText()).isEqualTo("INFO");
        assertThat(said.path("@timestamp").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
        assertThat(said.path("run").asText()).isEqualTo(run);
        assertThat(said.path("pipeline").asText()).isEqualTo("shop");
        assertThat(String.join("\n", result.err())).doesNotContain("canary");
    }

    @Test
    void linesOfARunNameItsTraceIfTracesAreExported() throws Exception {
        Result result = run(
                Map.of("CARAVAN_LOG_FORMAT", "json", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
                "run",
                "shop",
                "--profile=plain");
        assertThat(result.log())
                .filteredOn(line -> line.has("run"))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.path("trace.id").asText())
                        .isEqualTo(RunIds.trace(line.path("run").asText())));
    }

    @Test
    void whatCommandsPrintIsJsonTooAndTheEnvironmentDecides() throws Exception {
        Result result = run(Map.of("CARAVAN_LOG_FORMAT", "json"), "run", "shpo", "--profile=plain");
        assertThat(result.log()).last().satisfies(line -> {
            assertThat(line.path("log.level").asText()).isEqualTo("ERROR");
            assertThat(line.path("message").asText()).startsWith("caravan: ");
        });
        Result text = run(Map.of("CARAVAN_LOG_FORMAT", "text"), "run", "shpo", "--profile", "own");
        assertThat(text.err()).last().asString().startsWith("caravan: ").contains("Did you mean shop?");
    }

    @Test
    void anUnknownFormatIsAUsageError() throws Exception {
        Result result = run(Map.of("CARAVAN_LOG_FORMAT", "xml"), "ls", "--profile", "own");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).containsExactly("caravan: caravan.log.format must be text or json, not xml");
    }
}
