package dev.caravan.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.run.TransientException;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More queries than the pool has connections. */
class CrowdedPoolTest {

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final HikariDataSource pool = new HikariDataSource();

    @BeforeEach
    void start() throws Exception {
        pool.setJdbcUrl("jdbc:duckdb:");
        pool.setMaximumPoolSize(1);
        pool.setConnectionTimeout(250);
        camel.addComponent("jdbc", new TypedJdbcComponent());
        camel.getRegistry().bind("shop", pool);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:stream").to("jdbc:shop?outputType=StreamList").convertBodyTo(String.class);
                from("direct:list").to("jdbc:shop?outputType=SelectList");
            }
        });
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct:stream", "direct:list"})
    void theQueryWaitsForItsConnectionLongerThanThePoolDoes(String route) throws Exception {
        CompletableFuture<Object> result;
        try (Connection inUse = pool.getConnection()) {
            assertThat(inUse.isValid(1)).isTrue();
            result = CompletableFuture.supplyAsync(
                    () -> camel.createProducerTemplate().requestBody(route, "SELECT 1 AS n"));
            Thread.sleep(1_500);
            assertThat(result).isNotDone();
        }
        assertThat(result.get(30, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aDatabaseThatCannotBeReachedIsAFailure() {
        pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:1/shop");
        pool.setInitializationFailTimeout(-1);
        assertThatThrownBy(() -> camel.createProducerTemplate().requestBody("direct:list", "SELECT 1"))
                .cause()
                .isInstanceOf(TransientException.class);
        assertThat(List.of(pool.getHikariPoolMXBean().getTotalConnections())).containsExactly(0);
    }
}
