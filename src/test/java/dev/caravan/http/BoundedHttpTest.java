package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.EndlessServer;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that drip, never end, or are too large, in a route as users write it. */
@Timeout(60)
class BoundedHttpTest {

    private static final Main MAIN = new Main();
    private static EndlessServer server;
    private static ProducerTemplate camel;

    @BeforeAll
    static void start() throws Exception {
        server = new EndlessServer();
        MAIN.setPropertyPlaceholderLocations("false");
        MAIN.addInitialProperty("http.longest-answer", "2s");
        MAIN.addInitialProperty("http.largest-answer", "5");
        MAIN.addInitialProperty("camel.component.http.connect-timeout", "5000");
        MAIN.bind("http", new BoundedHttpComponent());
        MAIN.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:ask").toD(server.url() + "/${header.path}?throwExceptionOnFailure=false");
                from("direct:stream")
                        .toD(server.url() + "/${header.path}?disableStreamCache=true")
                        .convertBodyTo(byte[].class);
            }
        });
        MAIN.start();
        camel = MAIN.getCamelTemplate();
    }

    @AfterAll
    static void stop() {
        MAIN.stop();
        server.close();
    }

    private static Exchange ask(String route, String path) {
        return camel.send("direct:" + route, exchange -> exchange.getMessage().setHeader("path", path));
    }

    private static Throwable cause(Exchange exchange, Class<? extends Throwable> type) {
        for (Throwable t = exchange.getException(); t != null; t = t.getCause()) {
            if (type.isInstance(t)) {
                return t;
            }
        }
        throw new AssertionError(exchange.getException());
    }

    private static void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(30)).until(() -> server.open() == 0);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"silent", "drip-head", "drip-body"})
    void anAnswerThatDoesNotEndInTimeIsBrokenOff(String path) {
        assertThat(cause(ask("ask", path), InterruptedIOException.class))
                .hasMessageContaining("was incomplete after 2.0 s")
                .hasMessageContaining("http.longest-answer");
        assertThat(cause(ask("stream", path), InterruptedIOException.class)).hasMessageContaining("127.0.0.1");
        nothingIsLeft();
    }

    @Test
    void anAnswerThatIsTooLargeIsBrokenOffForGood() {
        for (String route : new String[] {"ask", "stream"}) {
            assertThat(cause(ask(route, "large-body"), PermanentException.class))
                    .hasMessageContaining("exceeds 5 MB")
                    .hasMessageContaining("http.largest-answer");
        }
        nothingIsLeft();
    }

    @Test
    void aHeadThatIsTooLargeHarmsNobodyElse() {
        for (int i = 0; i < 3; i++) {
            assertThat(cause(ask("ask", "large-head"), IOException.class)).hasMessageContaining("line length");
            assertThat(ask("ask", "good").getMessage().getBody(String.class)).isEqualTo("{\"id\":1}");
        }
    }

    @Test
    void anOrdinaryAnswerIsReadAndItsConnectionUsedAgain() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(ask("ask", "good").getMessage().getBody(String.class)).isEqualTo("{\"id\":1}");
            assertThat(ask("stream", "good").getMessage().getBody(String.class)).isEqualTo("{\"id\":1}");
        }
        // whatever the deadline does, it does not hit the next exchange on this connection
        Thread.sleep(2500);
        assertThat(ask("ask", "good").getMessage().getBody(String.class)).isEqualTo("{\"id\":1}");
    }
}
