package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.EndlessServer;
import dev.caravan.http.BoundedHttpComponent;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run asks of a server ends with the run. */
@Tag("slow")
class EndedRequestTest {

    @TempDir
    Path directory;

    private static void noThreadIsLeft(PipelineContext context, EndlessServer server) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(server.open()).isZero();
            assertThat(context.camel.getInflightRepository().size()).isZero();
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .doesNotContain("caravan-abort");
        });
    }

    private PipelineContext context(RouteBuilder route) throws Exception {
        PipelineContext context = new PipelineContext(directory);
        context.camel.addComponent("http", new BoundedHttpComponent());
        return context.start(route);
    }

    @ParameterizedTest
    @ValueSource(strings = {"silent", "drip-head", "drip-body"})
    void aRunThatTimesOutLeavesNoRequestBehind(String path) throws Exception {
        try (EndlessServer server = new EndlessServer();
                PipelineContext context = context(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:asks?timeout=1500&retries=2&retryDelay=1")
                                .routeId("asks")
                                .to(server.url() + "/" + path);
                    }
                })) {
            RunRecord run = context.pipelines().run("asks", Map.of());

            assertThat(run.state()).isEqualTo(RunState.FAILED);
            assertThat(run.attempts()).isEqualTo(3);
            noThreadIsLeft(context, server);
        }
    }

    @Test
    void neitherDoThePartsOfASplit() throws Exception {
        try (EndlessServer server = new EndlessServer();
                PipelineContext context = context(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:asks?timeout=1500&retries=0")
                                .routeId("asks")
                                .setBody(constant(List.of(1, 2, 3)))
                                .split(body())
                                .parallelProcessing()
                                .setBody(constant((Object) null))
                                .to(server.url() + "/drip-body")
                                .end();
                    }
                })) {
            assertThat(context.pipelines().run("asks", Map.of()).error()).contains("longer than its timeout");

            noThreadIsLeft(context, server);
        }
    }
}
