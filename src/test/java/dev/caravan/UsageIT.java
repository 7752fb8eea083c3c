package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Mistakes of a user: one sentence names the place and the mistake, nothing has run, and the exit code is 2. */
class UsageIT {

    private static final String ROUTE =
            """
            - route:
                id: mine
                from:
                  uri: pipeline:mine
                  parameters:
                    cron: "0 1 * * *"
                    timeZone: UTC
                  steps:
                    - setBody:
                        constant: SELECT 1
                    - to:
                        uri: jdbc:postgres
            """;

    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path home) throws IOException {
        caravan = Installation.in(home);
    }

    /** What is replaced in the route by what, the line of it, and what has to be said about it. */
    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("steps:", "steps: [", 9, ""),
                Arguments.of("timeZone: UTC", "timeSone: UTC", 7, "timeSone"),
                Arguments.of("    id: mine", "    ident: mine", 2, "ident"),
                Arguments.of("setBody:", "setBoddy:", 9, "setBoddy"),
                Arguments.of("jdbc:postgres", "jbdc:postgres", 11, "jbdc"),
                Arguments.of("SELECT 1", "SELECT {{the.table}}", 9, "the.table"),
                Arguments.of("0 1 * * *", "0 25 * * *", 6, "0 25 * * *"),
                Arguments.of("UTC", "Mars/Phobos", 7, "Mars/Phobos"),
                Arguments.of("timeZone: UTC", "param.day: dat", 7, "dat"),
                Arguments.of(
                        "jdbc:postgres", "warehouse:DLT.APPLICATION_DATA.X?mode=merge", 11, "needs the option key"),
                Arguments.of("jdbc:postgres", "warehouse:DLT.X?mode=append", 11, "DATABASE.SCHEMA.TABLE"),
                Arguments.of(
                        "jdbc:postgres",
                        "warehouse:DLT.A.X?mode=replaze",
                        12,
                        "mode must be replace, append or merge, not 'replaze'. Did you mean replace?"),
                Arguments.of("steps:", "stepz:", 8, "stepz"),
                Arguments.of("timeZone: UTC", "timeout: soon", 7, "must be a duration"),
                Arguments.of(
                        "setBody:\n            constant: SELECT 1",
                        "bean:\n            beanType: no.Such",
                        10,
                        "class not found: no.Such"),
                Arguments.of("id: mine", "id: products-daily", 2, "another route has the id products-daily"),
                Arguments.of("jdbc:postgres", "direct:nope", 12, "no route begins with direct:nope"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void brokenRoute(String right, String wrong, int line, String mistake) throws Exception {
        caravan.route("mine", ROUTE.replace(right, wrong));
        Result result = caravan.run("run", "mine");
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(mistake).doesNotContain("\tat ");
        assertThat(result.err().lines().filter(each -> !each.isBlank()))
                .as(result.err())
                .hasSize(1);
        assertThat(result.err()).startsWith("caravan: routes/mine.yaml, line " + line + ": ");
        assertThat(result.out()).isEmpty();
        nothingHasRun();
    }

    @Test
    void mistakeWithinAStepIsFoundAtItsOwnLine() throws Exception {
        caravan.route(
                "mine",
                """
                - route:
                    id: mine
                    from:
                      uri: pipeline:mine
                      steps:
                        - step:
                            id: load
                            steps:
                              - log: first
                              - to:
                                  uri: jbdc:postgres
                """);
        refusedWith(caravan.run("run", "mine"), "caravan: routes/mine.yaml, line 10: ");
    }

    @Test
    void routesWithoutAnIdMayHaveStepsOfOneName() throws Exception {
        for (String name : List.of("one", "two")) {
            caravan.route(
                    name,
                    """
                    - route:
                        from:
                          uri: pipeline:%s
                          steps:
                            - step: { id: extract, steps: [ { log: x } ] }
                    """
                            .formatted(name));
        }
        Result result = caravan.run("ls");
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out()).contains(" one ", " two ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    camel.component.pipeline.lease       | 0s   | camel.component.pipeline.lease must be
                    camel.component.pipeline.lease       | soon | Invalid value of setting camel.component.pipeline.lease
                    camel.component.pipeline.leese       | 5s   | Unknown setting camel.component.pipeline.leese
                    camel.component.warehouse.engine     | oracle | oracle
                    exchange-rates.parallel-requests     | 0    | exchange-rates.parallel-requests must be
                    exchange-rates.requests-per-second   | x    | exchange-rates.requests-per-second must be
                    """)
    void wrongSetting(String key, String value, String mistake) throws Exception {
        caravan.set(Map.of(key, value));
        refusedWith(caravan.run("run", "currencies-weekly"), mistake);
        nothingHasRun();
    }

    @Test
    void aRouteFileThatIsNoListIsRefused() throws Exception {
        caravan.route("mine", "# mine\nroute:\n  id: mine\n  from:\n    uri: pipeline:mine\n");
        refusedWith(caravan.run("run", "mine"), "caravan: routes/mine.yaml, line 2: not a list");
        caravan.route("mine", "- beans:\n    - name: mine\n      type: java.util.ArrayList\n");
        assertThat(caravan.run("ls").exit()).isZero();
    }

    @Test
    void aLedgerThatFailsIsSaidInOneSentence() throws Exception {
        assertThat(caravan.run("ls").exit()).isZero();
        try (Connection ledger = DriverManager.getConnection(
                        "jdbc:sqlite:" + caravan.home().resolve("data/ledger.db"));
                Statement statement = ledger.createStatement()) {
            statement.execute("CREATE TRIGGER full BEFORE UPDATE ON pipelines"
                    + " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END");
        }
        Result result = caravan.run("pause", "currencies-weekly");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("caravan: Cannot access the ledger: ")
                .contains("database or disk is full")
                .hasLineCount(1);
    }

    @Test
    void routesThatCamelDoesNotLookIntoAreRefused() throws Exception {
        Path routes = caravan.home().resolve("routes");
        Files.move(routes, caravan.home().resolve("elsewhere"));
        Files.createSymbolicLink(routes, Path.of("elsewhere"));
        refusedWith(caravan.run("ls"), "caravan: routes is a symbolic link");
        Files.delete(routes);
        Files.createDirectories(routes.resolve("local"));
        refusedWith(caravan.run("ls"), "matches no file");
    }

    /** Whatever the machine's language and encoding. */
    @Test
    void whatIsPrintedIsTheSameEverywhere() {
        Installation posix = caravan.withEnvironment(Map.of("LANG", "C", "LC_ALL", "C"));
        assertThat(posix.run("sql", "SELECT 'Caf' || chr(233) AS name", "--output", "json")
                        .out())
                .contains("Café");
        Installation german = posix.withJava("-Duser.language=de", "-Duser.country=DE");
        assertThat(german.run("sql", "SELECT 1234567 AS n").out()).contains("1,234,567");
        Installation arabic = posix.withJava("-Duser.language=ar", "-Duser.country=EG");
        Result run = arabic.run("run", "products-daily");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out()).contains("rows      1,000").containsPattern("duration +[0-9]+\\.[0-9] s");
    }

    @Test
    void aMistakeIsToldBeforeTheDemoDeletesAnything() throws Exception {
        Path mine = Files.createDirectories(caravan.home().resolve("data/demo")).resolve("mine.txt");
        Files.writeString(mine, "kept");
        caravan.route("bad", "- route:\n    idd: x\n");
        refusedWith(caravan.run("demo"), "routes/bad.yaml, line 2: ");
        assertThat(mine).exists();
    }

    private static void refusedWith(Result result, String mistake) {
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(mistake).doesNotContain("\tat ");
    }

    @Test
    void wrongCalls() throws Exception {
        for (String[] call : List.of(
                new String[] {"no-such", "", "Unknown pipeline no-such"},
                new String[] {"products-daily", "speed=9", "has no parameter speed"},
                new String[] {"exchange-rates-backfill", "start_date=yesteryear", "start_date"},
                new String[] {"exchange-rates-backfill", "start_date=2026-02-30", "start_date"},
                new String[] {"exchange-rates-backfill", "end_date=2026-09-01", "start_date"})) {
            Result result =
                    call[1].isEmpty() ? caravan.run("run", call[0]) : caravan.run("run", call[0], "-p", call[1]);
            refused(result, call[2]);
        }
        refused(
                caravan.run(
                        "run", "exchange-rates-backfill", "-p", "start_date=2026-09-02", "-p", "end_date=2026-09-01"),
                "end_date");
        refused(caravan.run("runs", "show", "nosuchrun"), "nosuchrun");
        refused(caravan.run("ls", "--profile", "moon"), "moon");
        refused(caravan.run("runs", "ls", "--limit", "0"), "--limit must be at least 1, not 0");
        refused(caravan.run("sql", " "), "Missing query");
        refused(caravan.run("reset", "DLT.APPLICATION_DATA.NOTHING"), "Nothing has been loaded into");
        refused(caravan.run("reset", "nosuchpipeline"), "Unknown pipeline nosuchpipeline");
        refused(caravan.run("sql", "SELECT 1", "--limit", "-1"), "--limit must be at least 1, not -1");
    }

    @Test
    void verifyBeforeAnythingHasRun() throws Exception {
        Result result = caravan.run("verify", "--output", "json");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.json())
                .filteredOn(line -> line.get("result").asText().equals("fail"))
                .hasSize(18)
                .allSatisfy(line -> assertThat(line.get("fix").asText()).contains("run"));
        nothingHasRun();
    }

    private void refused(Result result, String mistake) throws Exception {
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(mistake).doesNotContain("\tat ");
        nothingHasRun();
    }

    private void nothingHasRun() throws Exception {
        assertThat(caravan.runs()).isEmpty();
        assertThat(caravan.home().resolve("data/warehouse")).doesNotExist();
        assertThat(caravan.home().resolve("data/postgres")).doesNotExist();
        Path bucket = caravan.home().resolve("data/s3");
        assertThat(Files.exists(bucket)).isFalse();
    }
}
