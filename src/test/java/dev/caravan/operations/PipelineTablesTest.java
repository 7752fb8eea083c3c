package dev.caravan.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTablesTest {

    @TempDir
    Path directory;

    @Test
    void areFoundWhereverARouteLoads() throws Exception {
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(directory.toString());
        PipelineComponent pipelines = new PipelineComponent();
        pipelines.setLedgerUrl("jdbc:sqlite:" + directory.resolve("ledger.db"));
        try (DefaultCamelContext camel = new DefaultCamelContext(false)) {
            camel.build();
            camel.addComponent("warehouse", warehouse);
            camel.addComponent("pipeline", pipelines);
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:start")
                            .step("extract")
                            .to("warehouse:D.S.READ?operation=readCursor&initialValue=0")
                            .to("warehouse:D.S.A?mode=append")
                            .end()
                            .split(body())
                            .choice()
                            .when(body().isNull())
                            .to("warehouse:D.S.B?mode=append")
                            .otherwise()
                            .to("direct:other")
                            .end()
                            .end();
                    from("direct:other")
                            .routeId("other")
                            .to("warehouse:D.S.C?mode=append")
                            .to("direct:back");
                    from("direct:back").to("direct:other");
                    from("direct:third").routeId("third").to("warehouse:D.S.D?mode=append");
                }
            });
            camel.start();

            assertThat(PipelineTables.of(pipelines.pipelines(), "start"))
                    .containsExactlyInAnyOrder("D.S.A", "D.S.B", "D.S.C");
        }
    }
}
