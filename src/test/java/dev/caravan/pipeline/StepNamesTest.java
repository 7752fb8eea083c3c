package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.run.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a load of a step is named after: the same at each attempt, whatever other routes have come meanwhile. */
class StepNamesTest {

    @TempDir
    Path directory;

    /** Where the runs have been. */
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    private List<String> steps;

    private void see(Exchange exchange) {
        seen.add(Run.of(exchange).orElseThrow().step(exchange).orElse("-"));
    }

    /** Runs a pipeline among others that come before it; all have steps of the same names. */
    private List<String> run(String pipeline, int others) throws Exception {
        seen.clear();
        Path home = Files.createTempDirectory(directory, "home");
        try (PipelineContext context = new PipelineContext(home)) {
            context.camel.getPropertiesComponent().addInitialProperty("shop", "corner");
            context.camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    routeTemplate("copy")
                            .templateParameter("name")
                            .from("pipeline:{{name}}?retries=0")
                            .step("load")
                            .process(StepNamesTest.this::see)
                            .end();
                    for (int i = 0; i < others; i++) {
                        from("pipeline:other-" + i).step("load").log("other").end();
                        from("direct:other-" + i).step().log("other").end();
                    }
                }
            });
            for (int i = 0; i < others; i++) {
                template(context, "template-" + i, i % 2 == 0 ? null : "route-" + i);
            }
            context.camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:nameless?retries=0")
                            .process(StepNamesTest.this::see)
                            .step("extract")
                            .process(StepNamesTest.this::see)
                            .to("direct:part")
                            .end()
                            .step("a/load")
                            .process(StepNamesTest.this::see)
                            .end()
                            .step()
                            .choice()
                            .when(simple("true"))
                            .step()
                            .process(StepNamesTest.this::see)
                            .end()
                            .endChoice()
                            .end()
                            .end();
                    from("direct:part")
                            .step("load")
                            .process(StepNamesTest.this::see)
                            .end();
                    from("pipeline:{{shop}}-daily?retries=0")
                            .step("load")
                            .process(StepNamesTest.this::see)
                            .end();
                    from("pipeline:prefixed")
                            .routeId("written")
                            .nodePrefixId("mine-")
                            .step("load")
                            .process(StepNamesTest.this::see)
                            .end();
                    from("pipeline:written/twice")
                            .routeId("a/b")
                            .step("c/load")
                            .process(StepNamesTest.this::see)
                            .end();
                }
            });
            template(context, "with-id", "its-id");
            template(context, "without-id", null);
            context.camel.start();
            RunRecord run = context.pipelines().run(pipeline, Map.of());
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            steps = context.pipelines().ledger().history().attempts(run.id()).get(0).steps().stream()
                    .map(StepRecord::id)
                    .toList();
            return List.copyOf(seen);
        }
    }

    private static void template(PipelineContext context, String name, String routeId) {
        TemplatedRouteBuilder.builder(context.camel, "copy")
                .routeId(routeId)
                .parameter("name", name)
                .add();
    }

    @Test
    void theyDoNotDependOnTheOrderInWhichRoutesAreMade() throws Exception {
        for (int others : new int[] {0, 3}) {
            assertThat(run("nameless", others))
                    .containsExactly("-", "nameless/extract", "direct:part/load", "nameless/a/load", "nameless/step4");
            assertThat(run("corner-daily", others)).containsExactly("corner-daily/load");
            assertThat(run("with-id", others)).containsExactly("its-id/load");
            assertThat(run("without-id", others)).containsExactly("without-id/load");
        }
    }

    @Test
    void theLedgerHasThemAsTheyAreWritten() throws Exception {
        run("nameless", 2);
        assertThat(steps).containsExactlyInAnyOrder("extract", "load", "a/load", "step3", "step4");
        run("prefixed", 0);
        assertThat(steps).containsExactly("load");
        run("without-id", 1);
        assertThat(steps).containsExactly("load");
        assertThat(run("written/twice", 0)).containsExactly("a/b/c/load");
        assertThat(steps).containsExactly("c/load");
    }
}
