package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What requests say, and what becomes of the values in answers. */
@Timeout(120)
class FormatsTest {

    @TempDir
    Path directory;

    private PagedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new PagedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private List<String> load(String steps, String query) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            return query == null ? List.of() : app.sql(query);
        }
    }

    private static String incremental(String initialValue, String options) {
        return """
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { operation: readCursor, cursor: at, initialValue: "%s" } }
                - to: { uri: "api:shop/items", parameters: { %s } }
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: merge, key: id } }
                """
                .formatted(initialValue, options);
    }

    @ParameterizedTest
    @CsvSource({
        "iso,          2026-03-01T10:00:00Z, 2026-03-01T10:00:00Z",
        "epochMillis,  2026-03-01T10:00:00.123Z, 1772359200123",
        "epochSeconds, 2026-03-01T10:00:00Z, 1772359200",
        "date,         2026-03-01T23:00:00-03:00, 2026-03-02",
        "date,         2026-03-01, 2026-03-01",
        "iso,          4711, 4711",
    })
    void theCursorIsWrittenAsTheApiWantsIt(String format, String cursor, String sent) throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1}]"));
        load(incremental(cursor, "cursorParam: since, cursorFormat: " + format), null);
        assertThat(server.calls.get(0).query("since")).isEqualTo(sent);
    }

    /** Days belong to one window each. */
    @Test
    void windowsOfDays() throws Exception {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        server.on("/items", call -> ok("[{\"id\": \"" + call.query("from") + "\"}]"));
        List<String> rows = load(
                incremental(
                        today.minusDays(16).toString(),
                        "dateWindow: 7d, cursorFormat: date, startParam: from, endParam: to"),
                "SELECT count(*) FROM PUBLIC.ITEMS");
        assertThat(rows).containsExactly("3");
        assertThat(server.calls)
                .extracting(call -> call.query("from") + " " + call.query("to"))
                .startsWith(
                        today.minusDays(16) + " " + today.minusDays(10), today.minusDays(9) + " " + today.minusDays(3))
                .element(2)
                .asString()
                .startsWith(today.minusDays(2) + " ");
    }

    /** A window ends where the next one begins; each is read to its last page. */
    @Test
    void windowsOfTimeWithPages() throws Exception {
        Instant start = Instant.now().minus(90, ChronoUnit.MINUTES).truncatedTo(ChronoUnit.SECONDS);
        server.on(
                "/items",
                call -> ok(
                        call.number("page", 1) > 2
                                ? "[]"
                                : "[{\"id\": \"" + call.query("start") + call.query("page") + "\"}]"));
        List<String> rows = load(
                incremental(start.toString(), "dateWindow: 1h, cursorFormat: epochSeconds, paging: page"),
                "SELECT count(*) FROM PUBLIC.ITEMS");
        assertThat(rows).containsExactly("4");
        assertThat(server.calls).hasSize(6);
        assertThat(server.calls.get(0).query())
                .containsEntry("start", "" + start.getEpochSecond())
                .containsEntry("end", "" + (start.getEpochSecond() + 3600));
        assertThat(server.calls.get(3).query()).containsEntry("start", "" + (start.getEpochSecond() + 3600));
    }

    @Test
    void emptyTextsAreNullIfTheRouteSaysSo() throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1, \"closed\": \"\"}, {\"id\": 2, \"closed\": \"2026-03-01\"}]"));
        assertThat(load(
                        """
                                - to: { uri: "api:shop/items", parameters: { emptyIsNull: true } }
                                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace, type.closed: DATE } }
                                """,
                        "SELECT id, closed, typeof(closed) FROM PUBLIC.ITEMS ORDER BY id"))
                .containsExactly("1 null DATE", "2 2026-03-01 DATE");
    }

    @Test
    void fractionsKeepTheirDigitsIfTheRouteSaysSo() throws Exception {
        server.on("/items", call -> ok("[{\"price\": 12345678901234567.89}]"));
        assertThat(load(
                        """
                                - to: { uri: "api:shop/items", parameters: { decimals: true } }
                                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                                """,
                        "SELECT price FROM PUBLIC.ITEMS"))
                .containsExactly("12345678901234567.89");
    }

    /** Expressions, and characters that have a meaning in an address. */
    @Test
    void valuesAreSentAsTheyAreWritten() throws Exception {
        server.on("/items/a%20b", call -> ok("[{\"id\": 1}]"));
        load(
                """
                - setVariable: { name: word, constant: "a b" }
                - to:
                    uri: api:shop/items/${variable.word}
                    parameters:
                      method: POST
                      query.q: "x&y=1+2 %41 ${variable.word}"
                      header.X-Word: "+${variable.word}"
                      body: '{"word": "${variable.word}&+", "n": 1}'
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                """,
                null);
        PagedServer.Call call = server.calls.get(0);
        assertThat(call.query("q")).isEqualTo("x&y=1+2 %41 a b");
        assertThat(call.header("X-Word")).isEqualTo("+a b");
        assertThat(call.body()).isEqualTo("{\"word\":\"a b&+\",\"n\":1}");
    }

    /** The last page says so, although it is as full as the others. */
    @Test
    void moreIsFalseOnTheLastPage() throws Exception {
        server.on(
                "/items",
                call -> ok("{\"more\": " + (call.number("page", 1) < 2) + ", \"rows\": [{\"id\": " + call.query("page")
                        + "}]}"));
        load(
                """
                - to: { uri: "api:shop/items", parameters: { paging: page, records: /rows, more: /more } }
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                """,
                null);
        assertThat(server.calls).hasSize(2);
    }
}
