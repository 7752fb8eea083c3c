package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.api.PagedServer.Answer;
import dev.caravan.api.PagedServer.Call;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** APIs with pages of each kind, loaded by a YAML route. */
@Timeout(120)
class PagingTest {

    private static final int ROWS = 25;

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

    /** The rows from one to another, as a JSON array. */
    static String rows(int from, int to) {
        return IntStream.range(Math.max(from, 0), Math.min(to, ROWS))
                .mapToObj(id -> "{\"id\": " + id + ", \"name\": \"n" + id + "\"}")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String load(String options) {
        return """
        - step:
            id: extract
            steps:
              - to:
                  uri: api:shop/items
                  parameters:
        %s
        - step:
            id: load
            steps:
              - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace, allowEmpty: true } }
        """
                .formatted(options.strip()
                        .lines()
                        .map(line -> "            " + line)
                        .collect(Collectors.joining("\n")));
    }

    /** Loads all rows in one load. */
    private void loads(String options) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), load(options))) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(run.attempts()).isEqualTo(1);
            assertThat(app.sql("SELECT count(*), count(DISTINCT id), min(id), max(id), max(name) FROM PUBLIC.ITEMS"))
                    .containsExactly("25 25 0 24 n9");
            assertThat(app.sql("SELECT count(*) FROM PUBLIC._caravan_loads")).containsExactly("1");
            assertThat(app.log(run)).anyMatch(line -> line.contains("api:shop/items: 25 rows on"));
        }
    }

    private void fails(String options, String sentence) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), load(options))) {
            RunRecord run = app.run();
            assertThat(run.state()).isEqualTo(RunState.FAILED);
            assertThat(run.error()).contains(sentence);
            assertThat(app.isLoaded()
                            && !app.sql("SHOW TABLES").isEmpty()
                            && app.sql("SHOW TABLES").contains("ITEMS"))
                    .isFalse();
        }
    }

    /** As GitHub does. */
    @Test
    void linkHeader() throws Exception {
        server.on("/items", call -> {
            int page = call.number("page", 1);
            String self = server.url() + "/items?state=open%2C%20closed&page=";
            if (page < 4) {
                call.set("Link", "<" + self + (page + 1) + ">; rel=\"next\", <" + self + "4>; rel=\"last\"");
            }
            // page 2 is short, page 3 is empty: neither is the end
            return ok(page == 1 ? rows(0, 10) : page == 2 ? rows(10, 13) : page == 3 ? "[]" : rows(13, 25));
        });
        loads("""
                paging: link-header
                query.state: open, closed
                """);
        assertThat(server.calls).hasSize(4).allMatch(call -> call.query("state").equals("open, closed"));
    }

    private static Answer byToken(int after) {
        int end = after + 10;
        return ok("{\"results\": " + rows(after, end) + ", \"paging\": {\"next\": "
                + (end < ROWS ? "{\"after\": \"" + end + "\", \"link\": \"http://elsewhere/\"}" : "null") + "}}");
    }

    /** As HubSpot's lists do. */
    @Test
    void cursor() throws Exception {
        server.on("/items", call -> byToken(call.number("after", 0)));
        loads(
                """
                paging: cursor
                records: /results
                next: /paging/next/after
                nextParam: after
                pageSize: 10
                """);
        assertThat(server.calls.get(2).query()).containsEntry("limit", "10").containsEntry("after", "20");
    }

    /** As searches do: the token goes into the body. */
    @Test
    void cursorInTheBody() throws Exception {
        server.on(
                "/items",
                call -> byToken(Answers.json(call.body()).at("/page/after").asInt()));
        loads(
                """
                method: POST
                body: '{"sort": "id", "page": {"size": 10}}'
                paging: cursor
                records: /results
                next: /paging/next/after
                nextParam: /page/after
                """);
        assertThat(server.calls).extracting(Call::method).containsOnly("POST");
        assertThat(Answers.json(server.calls.get(2).body()))
                .isEqualTo(Answers.json("{\"sort\": \"id\", \"page\": {\"size\": 10, \"after\": \"20\"}}"));
    }

    @Test
    void nextUrl() throws Exception {
        server.on("/items", call -> {
            int from = call.number("from", 0);
            return ok("{\"value\": " + rows(from, from + 10) + ", \"next\": \""
                    + (from < 20 ? "/items?from=" + (from + 10) : "") + "\"}");
        });
        loads(
                """
                paging: next-url
                records: /value
                next: /next
                """);
    }

    /** The address is a query alone, and comes after the objects that the rows refer to. */
    @Test
    void nextUrlAfterManyOtherValues() throws Exception {
        String users = IntStream.range(0, 300)
                .mapToObj(id -> "\"u" + id + "\": {\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4, \"e\": 5}")
                .collect(Collectors.joining(", ", "{", "}"));
        server.on("/items", call -> {
            int from = call.number("from", 0);
            return ok("{\"users\": " + users + ", \"value\": " + rows(from, from + 10) + ", \"next\": "
                    + (from < 20 ? "\"?from=" + (from + 10) + "\"" : "null") + "}");
        });
        loads(
                """
                paging: next-url
                records: /value
                next: /next
                """);
    }

    /** Numbered pages end at an empty one. */
    @Test
    void page() throws Exception {
        server.on("/items", call -> {
            int page = call.number("page", 1) - 1;
            return ok(rows(page * 10, page * 10 + 10));
        });
        loads("paging: page");
        assertThat(server.calls).hasSize(4);
    }

    /** An offset ends at the total; the server gives less than it is asked for. */
    @Test
    void offset() throws Exception {
        server.on("/items", call -> {
            int skip = call.number("skip", 0);
            return ok("{\"total\": 25, \"items\": " + rows(skip, skip + 7) + "}");
        });
        loads(
                """
                paging: offset
                offsetParam: skip
                pageSize: 10
                records: /items
                total: /total
                """);
        assertThat(server.calls).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"data\": [{}], \"next_cursor\": \"x\"}     | /next_cursor",
                "{\"data\": [{}], \"hasMore\": true}          | /hasMore",
                "{\"data\": [{}], \"meta\": {\"total\": 2}}   | /meta/total = 2, but 1 rows",
                "{\"data\": [{}], \"@odata.nextLink\": \"x\"} | /@odata.nextLink",
                "{\"data\": [{}], \"_links\": {\"next\": {\"href\": \"/x\"}}} | /_links/next/href",
                "{\"data\": [{}], \"total_pages\": 3}         | /total_pages = 3",
                "{\"data\": [{}], \"isLast\": false}          | /isLast = false",
            })
    void anAnswerThatLooksPagedIsNotTakenForAll(String answer, String seen) throws Exception {
        server.on("/items", call -> ok(answer));
        fails("records: /data", "paging is none, but the answer looks like one of several pages: it has " + seen);
    }

    @Test
    void aLinkHeaderIsNoticed() throws Exception {
        server.on("/items", call -> {
            call.set("Link", "</items?page=2>; rel=next");
            return ok(rows(0, 10));
        });
        fails("query.a: b", "it has a header Link with rel=next; set paging: link-header");
    }

    /** An array has no fields beside its rows. */
    @ParameterizedTest
    @CsvSource({"X-total-count, 26", "X-total-pages, 2", "X-next-page, 2", "Content-range, items 0-24/26"})
    void aHeaderThatAnnouncesMoreIsNoticed(String header, String value) throws Exception {
        server.on("/items", call -> {
            call.set(header, value);
            return ok(rows(0, 25));
        });
        fails("query.a: b", "it has a header " + header + ": " + value);
    }

    @Test
    void headersThatAnnounceNoMoreAreNone() throws Exception {
        server.on("/items", call -> {
            call.set("X-Total-Count", "25").set("X-Total-Pages", "1").set("X-Next-Page", "");
            call.set("Content-Range", "items 0-24/25");
            return ok(rows(0, 25));
        });
        loads("query.a: b");
    }

    @Test
    void oneAnswerIsAllThatThereIs() throws Exception {
        server.on(
                "/items",
                call -> ok("{\"next\": null, \"has_more\": false, \"total\": 25, \"items\": " + rows(0, 25) + "}"));
        loads("records: /items");
    }

    @Test
    void rowsAreFoundByTheirPointerOnly() throws Exception {
        server.on("/items", call -> ok("{\"a\": [], \"b\": {\"c\": [{\"id\": 1}]}}"));
        fails("query.a: b", "the answer is an object, not an array; set records to the array of the rows: /a or /b/c");
    }

    @Test
    void aTokenThatComesAgainIsAnError() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        server.on(
                "/items",
                call -> ok("{\"r\": [{\"id\": " + calls.incrementAndGet() + "}], \"next\": \"t" + calls.get() % 3
                        + "\"}"));
        fails(
                """
                paging: cursor
                records: /r
                next: /next
                nextParam: t
                """,
                "leads back to a page that was read before");
        assertThat(calls.get()).isLessThan(12);
    }

    @Test
    void aPageThatComesAgainIsAnError() throws Exception {
        server.on("/items", call -> ok(rows(0, 10)));
        fails("paging: page", "Page 2 of api:shop/items has the same rows as the page before: the API ignores page");
    }

    /** The second of four pages is empty, and says that there are more. */
    @Test
    void anEmptyPageIsNotTheEndIfThereIsMore() throws Exception {
        server.on("/items", call -> {
            int page = call.number("page", 1);
            String rows = page == 1 ? rows(0, 10) : page == 2 ? "[]" : page == 3 ? rows(10, 20) : rows(20, 25);
            return ok("{\"r\": " + rows + ", \"more\": " + (page < 4) + "}");
        });
        loads(
                """
                paging: page
                records: /r
                more: /more
                """);
    }

    /** Nor are several, whichever they are. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void emptyPagesAreNotTheEndIfThereIsMore(int firstWithRows) throws Exception {
        server.on("/items", call -> {
            int page = call.number("page", 1);
            String rows = page == firstWithRows + 1 ? rows(0, 10) : page == firstWithRows + 4 ? rows(10, 25) : "[]";
            return ok("{\"r\": " + rows + ", \"more\": " + (page < firstWithRows + 5) + "}");
        });
        loads("{ paging: page, records: /r, more: /more }");
    }

    @Tag("slow")
    @Test
    void emptyPagesWithoutEndAreAnError() throws Exception {
        server.on("/items", call -> ok("{\"r\": [], \"more\": true}"));
        fails(
                "{ paging: page, records: /r, more: /more }",
                "Page 101 of api:shop/items is the last of 101 without rows, although /more is true");
    }

    /** The page in between does not hide it. */
    @Test
    void aPageThatComesAgainAfterAnEmptyOneIsAnError() throws Exception {
        server.on(
                "/items",
                call -> ok("{\"r\": " + (call.number("page", 1) == 2 ? "[]" : rows(0, 10)) + ", \"more\": true}"));
        fails(
                "{ paging: page, records: /r, more: /more }",
                "Page 3 of api:shop/items has the same rows as the page before");
    }

    @Test
    void anEmptyPageDoesNotMoveAnOffset() throws Exception {
        server.on("/items", call -> ok("{\"r\": " + rows(call.number("offset", 0), 10) + ", \"more\": true}"));
        fails(
                """
                paging: offset
                records: /r
                more: /more
                """,
                "Page 2 of api:shop/items has no rows, although /more is true");
    }

    @Test
    void aMissingTokenIsNotTheEndIfTheAnswerLooksPaged() throws Exception {
        server.on("/items", call -> byToken(call.number("after", 0)));
        fails(
                """
                paging: cursor
                records: /results
                next: /paging/next/aftr
                nextParam: after
                """,
                "Page 1 of api:shop/items would be the only one, because there is nothing at next=/paging/next/aftr, but it has"
                        + " /paging/next/after");
        fails(
                """
                paging: link-header
                records: /results
                """,
                "Page 1 of api:shop/items would be the only one, because there is no header Link with rel=next, but it has"
                        + " /paging/next/after");
    }

    /** A short list is one page; what looks like a successor there is none. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"meta\": {\"cursor\": \"abc\", \"next_cursor\": null} | paging: cursor, nextParam: c, next: /meta/next_cursor",
                "\"meta\": {\"cursor\": \"abc\", \"next_cursor\": null} | paging: next-url, next: /meta/next_cursor",
                "\"has_more\": 0 | paging: link-header",
                "\"has_next\": \"false\", \"next\": \"no\" | paging: link-header",
                "\"meta\": {\"has_more\": \"0\"} | paging: next-url, next: /next",
                "\"team\": {\"next\": \"Monday\"}, \"x\": {\"more\": true} | paging: link-header",
                "\"team\": {\"next\": \"Monday\"}, \"x\": {\"more\": true} | paging: cursor, nextParam: c, next: /next",
            })
    void theOnlyPageMayHaveOtherFields(String fields, String paging) throws Exception {
        server.on("/items", call -> ok("{" + fields + ", \"r\": " + rows(0, 25) + "}"));
        loads("records: /r\n" + paging.replace(", ", "\n"));
    }

    /** They stand beside the rows, around them, or in an object that describes them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"next\": \"x\", \"data\": {\"r\": [{}]} | /next",
                "\"data\": {\"r\": [{}], \"has_more\": true} | /data/has_more",
                "\"data\": {\"r\": [{}], \"pageInfo\": {\"hasNextPage\": true}} | /data/pageInfo/hasNextPage",
                "\"meta\": {\"pagination\": {\"links\": {\"next\": \"x\"}}}, \"data\": {\"r\": []} | /meta/pagination/links/next",
                "\"response_metadata\": {\"next_cursor\": \"x\"}, \"data\": {\"r\": [{}]} | /response_metadata/next_cursor",
                "\"_links\": {\"next\": {\"href\": \"x\"}}, \"data\": {\"r\": [{}]} | /_links/next/href",
            })
    void aSuccessorThatTheRouteDoesNotFollowIsNoticed(String answer, String seen) throws Exception {
        server.on("/items", call -> ok("{" + answer + "}"));
        String sentence = "would be the only one, because there is nothing at next=/nxt, but it has " + seen;
        fails("{ records: /data/r, paging: next-url, next: /nxt }", sentence);
        fails("{ records: /data/r, paging: link-header }", "there is no header Link with rel=next, but it has " + seen);
    }

    /** The way out: a field that decides, whatever others look like. */
    @ParameterizedTest
    @ValueSource(strings = {"paging: link-header", "paging: next-url\nnext: /after"})
    void theFieldThatTheRouteNamesDecidesWhetherThereIsMore(String paging) throws Exception {
        server.on("/items", call -> ok("{\"next\": \"Monday\", \"more\": false, \"r\": " + rows(0, 25) + "}"));
        fails(paging + "\nrecords: /r", "it has /next;");
        fails(paging + "\nrecords: /r", "set more to the field that says whether there is more");
        fails(paging + "\nrecords: /r\nmore: /mroe", "it has /next;");
        loads(paging + "\nrecords: /r\nmore: /more");
    }

    @ParameterizedTest
    @ValueSource(strings = {"paging: link-header", "paging: next-url\nnext: /after"})
    void thatFieldCanBeTheOneThatLooksLikeASuccessor(String paging) throws Exception {
        server.on("/items", call -> ok("{\"next\": \"Monday\", \"r\": " + rows(0, 25) + "}"));
        loads(paging + "\nrecords: /r\nmore: /next");
    }

    @Test
    void ifThereIsMoreButNoLinkToItIsAnError() throws Exception {
        server.on("/items", call -> ok("{\"there_is\": true, \"r\": " + rows(0, 25) + "}"));
        fails(
                "{ paging: link-header, records: /r, more: /there_is }",
                "/there_is is true, but there is no header Link with rel=next");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"book\": {\"pages\": 320}",
                "\"total\": {\"value\": 99.5, \"currency\": \"EUR\"}",
                "\"total\": {\"value\": 99, \"currency\": \"EUR\"}",
                "\"total\": 99.5, \"value\": 99",
                "\"has_more\": 0, \"next\": \"false\"",
                "\"hits\": {\"total\": {\"value\": 25, \"relation\": \"eq\"}}, \"pages\": 1",
            })
    void numbersThatDoNotCountRowsAnnounceNoMore(String fields) throws Exception {
        server.on("/items", call -> ok("{" + fields + ", \"r\": " + rows(0, 25) + "}"));
        loads("records: /r");
    }

    /** They count the rows in it. */
    @Test
    void headersAnnounceNoMoreThanTheWholeAnswer() throws Exception {
        server.on("/items", call -> {
            call.set("X-Total-Count", "25").set("Content-Range", "items 0-24/25");
            return ok("{\"items\": " + rows(0, 25) + "}");
        });
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), load("records: /"))) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT count(*) FROM PUBLIC.ITEMS")).containsExactly("1");
        }
    }

    @Test
    void aHeaderThatCountsBytesAnnouncesNoMore() throws Exception {
        server.on("/items", call -> {
            call.set("Content-Range", "bytes 0-999/1000");
            return ok(rows(0, 25));
        });
        loads("query.a: b");
    }

    /** These count pages, or an array is its rows. */
    @ParameterizedTest
    @CsvSource({"X-total-pages, 2, '{}'", "X-next-page, 2, '{}'", "X-total-count, 2, '[{}]'"})
    void aHeaderThatAnnouncesMoreThanTheWholeAnswerIsNoticed(String header, String value, String answer)
            throws Exception {
        server.on("/items", call -> {
            call.set(header, value);
            return ok(answer);
        });
        fails(
                "records: /",
                "it has a header " + header + ": " + value
                        + "; set paging. If it is complete, or its rows are all you want");
    }

    @Test
    void fewerRowsThanAnnouncedAreAnError() throws Exception {
        server.on(
                "/items",
                call -> ok("{\"count\": 26, \"r\": " + rows(call.number("offset", 0), call.number("offset", 0) + 20)
                        + "}"));
        fails(
                """
                paging: offset
                records: /r
                total: /count
                """,
                "Page 3 of api:shop/items is the last one, but there were only 25 of the 26 rows announced at /count");
    }

    @Test
    void theNextPageIsNotReadElsewhere() throws Exception {
        try (PagedServer other = new PagedServer()) {
            server.on("/items", call -> {
                call.set("Link", "<" + other.url() + "/items>; rel=\"next\"");
                return ok(rows(0, 10));
            });
            fails("paging: link-header", "the next page would be at " + other.url());
            server.on("/items", call -> {
                call.set("Location", other.url() + "/items");
                return new Answer(302, "");
            });
            fails("paging: link-header", "the API redirects to " + other.url());
            assertThat(other.calls).isEmpty();
        }
    }

    @Test
    void aRedirectWithinTheApiIsFollowed() throws Exception {
        server.on("/items", call -> {
            call.set("Location", "/moved");
            return new Answer(301, "");
        });
        server.on("/moved", call -> ok(rows(0, 25)));
        loads("query.a: b");
    }

    @Test
    void aMistakeInTheRouteIsFound() throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), load("paging: cursor"))) {
            throw new AssertionError(app);
        } catch (Exception e) {
            assertThat(e).hasStackTraceContaining("next is for paging=next-url and paging=cursor, which need it");
        }
    }
}
