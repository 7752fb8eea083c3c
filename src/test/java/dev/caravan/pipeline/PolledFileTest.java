package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolledFileTest {

    @TempDir
    Path directory;

    @Test
    void aFileWithAComputedNameIsTheOneThatIsNamed() throws Exception {
        Path inbox = Files.createDirectory(directory.resolve("in"));
        List<String> names = List.of("a.json", "b.json", "c.json", "d.json");
        for (String name : names) {
            Files.writeString(inbox.resolve(name), name);
        }
        List<String> read = Collections.synchronizedList(new ArrayList<>());
        try (PipelineContext context = new PipelineContext(directory)) {
            context.camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:files?retries=0&param.name=string")
                            .step("extract")
                            .pollEnrich()
                            .simple("file:" + inbox + "?fileName=${variable.name}&noop=true&idempotent=false")
                            .timeout(20_000)
                            .process(exchange -> read.add(exchange.getMessage().getBody(String.class)))
                            .end();
                }
            });
            context.camel.start();
            for (String name : names) {
                context.pipelines().run("files", Map.of("name", name));
            }
        }
        assertThat(read).isEqualTo(names);
    }
}
