package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/apis.md as they stand there, on servers of their shapes; only names of API and tables differ. */
@Timeout(120)
class DocsTest {

    private static final String LOAD =
            "\n- to: { uri: \"warehouse:SHOP.PUBLIC.ISSUES\", parameters: { mode: replace } }\n";

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

    /** The example that follows a text. */
    private static String example(String after) throws IOException {
        Matcher block = Pattern.compile("(?s)" + Pattern.quote(after) + ".*?```yaml\n(.*?)```")
                .matcher(Files.readString(Path.of("docs/apis.md")));
        assertThat(block.find()).as(after).isTrue();
        return block.group(1)
                .replace("api:github/repos/apache/camel", "api:shop")
                .replace("DLT.GITHUB.ISSUES", "SHOP.PUBLIC.ISSUES");
    }

    /** The rows that the first run loads of 25, and the second one again. */
    private List<String> load(String steps) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            for (int i = 0; i < 2; i++) {
                RunRecord run = app.run();
                assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            }
            return app.sql("SELECT count(*), count(DISTINCT id) FROM PUBLIC.ISSUES");
        }
    }

    @Test
    void byTheHeader() throws Exception {
        server.on("/issues", call -> {
            int page = call.number("page", 1);
            if (page < 3) {
                call.set("Link", "<" + server.url() + "/issues?page=" + (page + 1) + ">; rel=\"next\"");
            }
            return ok(PagingTest.rows(page * 10 - 10, page * 10)
                    .replace("\"name\"", "\"updated_at\": \"2026-03-01T10:00:00Z\", \"name\""));
        });
        assertThat(load(example("By the header"))).containsExactly("25 25");
        assertThat(server.calls.get(0).query())
                .containsEntry("state", "all")
                .containsEntry("since", "2024-01-01T00:00:00Z");
        assertThat(server.calls.get(3).query()).containsEntry("since", "2026-03-01T09:50:00Z");
    }

    @Test
    void byATokenInTheAnswer() throws Exception {
        server.on("/items", call -> {
            int after = call.number("after", 0);
            String next = after < 20 ? "{\"next\": {\"after\": \"" + (after + 10) + "\"}}" : "{}";
            return ok("{\"results\": " + PagingTest.rows(after, after + 10) + ", \"paging\": " + next + "}");
        });
        assertThat(load("- to:\n    uri: api:shop/items\n" + example("By a token") + LOAD))
                .containsExactly("25 25");
        assertThat(server.calls.get(0).query()).containsEntry("limit", "100");
    }

    @Test
    void byAnOffset() throws Exception {
        server.on("/items", call -> {
            int skip = call.number("skip", 0);
            return ok("{\"total\": 25, \"items\": " + PagingTest.rows(skip, skip + 10) + "}");
        });
        assertThat(load("- to:\n    uri: api:shop/items\n" + example("By an offset") + LOAD))
                .containsExactly("25 25");
    }

    @Test
    void parentAndChild() throws Exception {
        server.on("/issues", call -> ok("[{\"number\": 1}, {\"number\": 2}]"));
        server.on("/issues/1/comments", call -> ok("[{\"id\": 11}, {\"id\": 12}]"));
        server.on("/issues/2/comments", call -> ok("[{\"id\": 21}]"));
        String steps = example("## Parent and child") + LOAD;
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT issue, id FROM PUBLIC.ISSUES ORDER BY id"))
                    .containsExactly("1 11", "1 12", "2 21");
        }
    }
}
