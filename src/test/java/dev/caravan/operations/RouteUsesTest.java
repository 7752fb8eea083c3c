package dev.caravan.operations;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** What routes reach, known before they run. */
class RouteUsesTest {

    private static RouteUses uses(RouteBuilder routes) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            context.getPropertiesComponent().addInitialProperty("source", "shop");
            context.addRoutes(routes);
            return RouteUses.of(context);
        }
    }

    @Test
    void aSourceMayBeCalledWithinAKamelet() throws Exception {
        RouteUses uses = uses(new RouteBuilder() {
            @Override
            public void configure() {
                routeTemplate("inner").from("kamelet:source").to("jdbc:{{source}}");
                // one that calls itself is read once
                routeTemplate("outer")
                        .from("kamelet:source")
                        .to("kamelet:outer")
                        .to("kamelet:inner/named?x=1");
                from("direct:begin").to("kamelet:outer");
            }
        });
        assertThat(uses.dataSource("shop")).isTrue();
        assertThat(uses.dataSource("other")).isFalse();
    }

    @Test
    void aSourceMayBeCalledByEachStepThatCalls() throws Exception {
        RouteUses uses = uses(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:begin")
                        .enrich("jdbc:enriched")
                        .recipientList(constant("jdbc:listed"))
                        .dynamicRouter(constant("sql:x?dataSource=#routed"))
                        .setBody(constant("jdbc:text"));
            }
        });
        assertThat(uses.dataSource("enriched")).isTrue();
        assertThat(uses.dataSource("listed")).isTrue();
        assertThat(uses.dataSource("routed")).isTrue();
        assertThat(uses.dataSource("text")).isFalse();
        assertThat(uses.calls("direct:begin")).isTrue();
    }

    @Test
    void anAddressThatIsComputedMayBeAnySource() throws Exception {
        RouteUses uses = uses(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:begin").toD("jdbc:${header.source}");
            }
        });
        assertThat(uses.dataSource("any")).isTrue();
    }
}
