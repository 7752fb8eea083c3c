package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.builder.RouteBuilder;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log says each thing once, and nothing that is not so. */
class TruthfulLogTest {

    @TempDir
    Path directory;

    private final Logger root = (Logger) LogManager.getRootLogger();
    private final List<String> logged = Collections.synchronizedList(new ArrayList<>());
    private final AbstractAppender appender = new AbstractAppender("test", null, null, false, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            logged.add(event.getMessage().getFormattedMessage());
        }
    };

    @BeforeEach
    void listen() {
        appender.start();
        root.addAppender(appender);
    }

    @AfterEach
    void leave() {
        root.removeAppender(appender);
    }

    private PipelineContext start(RouteBuilder routes) throws Exception {
        return new PipelineContext(directory).start(routes);
    }

    private static List<String> log(PipelineContext context, RunRecord run) {
        return context.pipelines().ledger().logs().list(run.id(), 0, 100).stream()
                .map(LogLine::message)
                .toList();
    }

    private void ledger(String sql) {
        try (Connection connection = DriverManager.getConnection(PipelineContext.url(directory));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFailureIsToldOnce() throws Exception {
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retries=1&retryDelay=10").routeId("shop").process(exchange -> {
                    throw new IOException("The shop is closed");
                });
            }
        })) {
            RunRecord run = context.pipelines().run("shop", Map.of());
            // each of the two attempts
            assertThat(log(context, run))
                    .filteredOn(line -> line.contains("The shop is closed"))
                    .hasSize(2);
            assertThat(logged)
                    .filteredOn(line -> line.contains("The shop is closed"))
                    .hasSize(2);
        }
    }

    @Test
    void aFailureThatTheRouteCatchesIsToldAllTheSame() throws Exception {
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop")
                        .routeId("shop")
                        .doTry()
                        .to("direct:one")
                        .doCatch(IOException.class)
                        .log("caught")
                        .end()
                        .throwException(new PermanentException("The other is broken"));
                from("direct:one").routeId("one").process(exchange -> {
                    throw new IOException("The one is broken");
                });
            }
        })) {
            RunRecord run = context.pipelines().run("shop", Map.of());
            assertThat(run.state()).isEqualTo(RunState.FAILED);
            assertThat(log(context, run))
                    .filteredOn(line -> line.contains("The other is broken"))
                    .hasSize(1);
            assertThat(log(context, run))
                    .filteredOn(line -> line.contains("The one is broken"))
                    .hasSize(1);
        }
    }

    @Test
    void aRunThatSomebodyElseHasEndedHasOneEndInItsLog() throws Exception {
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retries=0").routeId("shop").process(exchange -> {
                    ledger("UPDATE runs SET state = 'crashed', token = NULL, finished = created");
                    throw new IOException("The shop is closed");
                });
            }
        })) {
            RunRecord run = context.pipelines().run("shop", Map.of());
            assertThat(run.state()).isEqualTo(RunState.CRASHED);
            assertThat(log(context, run))
                    .anyMatch(line -> line.contains("cannot continue: it is crashed"))
                    .noneMatch(line -> line.contains("failed"));
        }
    }

    @Test
    void aLedgerThatIsClosedInTheEndIsNotComplainedOf() throws Exception {
        PipelineContext context = new PipelineContext(directory).with(component -> {
            component.setLease(1_000);
            component.setSchedule(true);
        });
        context.start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").log("done");
            }
        });
        CompletableFuture<Void> stopped;
        try (Connection connection = DriverManager.getConnection(PipelineContext.url(directory));
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE"); // the next heartbeat waits
            await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            stopped = CompletableFuture.runAsync(context::close);
            await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            statement.execute("ROLLBACK");
        }
        stopped.join();
        assertThat(logged).noneMatch(line -> line.contains("does not answer"));
    }

    @Test
    void aLedgerOfANewerVersionIsToldOnceAndNoRunCompletesOnIt() throws Exception {
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setLease(1_000))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop").routeId("shop").process(exchange -> {
                            ledger("INSERT INTO ledger_schema SELECT 999, '999', description, type, script, checksum,"
                                    + " installed_by, installed_on, execution_time, success FROM ledger_schema"
                                    + " WHERE version = '1'");
                            Thread.sleep(2_000);
                        });
                    }
                })) {
            assertThat(CompletableFuture.supplyAsync(() -> context.pipelines().run("shop", Map.of())))
                    .failsWithin(Duration.ofMinutes(1))
                    .withThrowableThat()
                    .havingRootCause()
                    .isInstanceOf(PermanentException.class);
        }
        assertThat(logged)
                .filteredOn(line -> line.startsWith("The ledger jdbc") && line.contains("migrated by a newer version"))
                .hasSize(1);
        ledger("DELETE FROM ledger_schema WHERE version = '999'");
        try (PipelineContext context = new PipelineContext(directory).start()) {
            assertThat(context.pipelines().ledger().history().list("shop", null, 1))
                    .extracting(RunRecord::state)
                    .doesNotContain(RunState.COMPLETED);
        }
    }
}
