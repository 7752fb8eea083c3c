package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.Deployment.Match;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service runs is compared with the files that are there now. */
class DeploymentTest {

    private static final String ROUTE =
            """
            - route:
                id: %1$s
                from:
                  uri: pipeline:%1$s
                  parameters:
                    cron: "0 6 * * *"
                  steps:
                    - to: direct:shared
            """;

    private static final String SHARED =
            """
            - route:
                id: shared
                from:
                  uri: direct:shared
                  steps:
                    - log: "%s"
            """;

    @TempDir
    private Path home;

    private void write(String file, String text) throws Exception {
        Files.writeString(home.resolve(file), text);
    }

    private DefaultCamelContext start(boolean schedule, String... files) throws Exception {
        DefaultCamelContext camel = new DefaultCamelContext();
        PipelineComponent component = new PipelineComponent();
        component.setLedgerUrl("jdbc:sqlite:" + home.resolve("ledger.db"));
        component.setSchedule(schedule);
        camel.addComponent("pipeline", component);
        for (String file : files) {
            PluginHelper.getRoutesLoader(camel)
                    .loadRoutes(ResourceHelper.resolveResource(camel, "file:" + home.resolve(file)));
        }
        camel.start();
        return camel;
    }

    private Map<String, Match> matches(String... files) throws Exception {
        try (DefaultCamelContext camel = start(false, files)) {
            return camel.getComponent("pipeline", PipelineComponent.class)
                    .pipelines()
                    .deployment()
                    .matches();
        }
    }

    @Test
    void aServiceIsKnownToRunWhatTheFilesSaidWhenItStarted() throws Exception {
        write("a.yaml", ROUTE.formatted("a"));
        write("b.yaml", ROUTE.formatted("b"));
        write("c.yaml", ROUTE.formatted("c"));
        write("shared.yaml", SHARED.formatted("one"));
        assertThat(matches("a.yaml", "b.yaml", "shared.yaml")).isEmpty();
        try (DefaultCamelContext service = start(true, "a.yaml", "b.yaml", "shared.yaml")) {
            assertThat(service.isStarted()).isTrue();
            assertThat(matches("a.yaml", "b.yaml", "shared.yaml"))
                    .isEqualTo(Map.of("a", Match.CURRENT, "b", Match.CURRENT));

            write("b.yaml", ROUTE.formatted("b").replace("0 6", "0 7"));
            assertThat(matches("b.yaml", "c.yaml", "shared.yaml"))
                    .isEqualTo(Map.of("a", Match.REMOVED, "b", Match.CHANGED, "c", Match.ADDED));

            // what a pipeline calls is part of it
            write("b.yaml", ROUTE.formatted("b"));
            write("shared.yaml", SHARED.formatted("two"));
            assertThat(matches("a.yaml", "b.yaml", "shared.yaml"))
                    .isEqualTo(Map.of("a", Match.CHANGED, "b", Match.CHANGED));
        }
        assertThat(matches("a.yaml", "b.yaml", "shared.yaml")).isEmpty();
    }
}
