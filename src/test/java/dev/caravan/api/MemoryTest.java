package dev.caravan.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.JavaProcess;
import dev.caravan.pipeline.ledger.RunRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 100 pages of 1,000 rows become one load of a process with 64 MB of heap. */
@Tag("slow")
class MemoryTest {

    private static final int PAGES = 100;
    private static final int ROWS = 1_000;

    @TempDir
    Path directory;

    @Test
    void memoryIsThatOfAFewPages() throws Exception {
        try (PagedServer server = new PagedServer()) {
            server.on("/items", call -> {
                int page = call.number("page", 1);
                return PagedServer.ok(IntStream.range(0, page > PAGES ? 0 : ROWS)
                        .mapToObj(row -> "{\"id\": " + (page * ROWS + row) + ", \"text\": \"" + "x".repeat(500) + row
                                + "\", \"price\": 1.5, \"at\": \"2026-03-01T10:00:00Z\"}")
                        .collect(Collectors.joining(",", "[", "]")));
            });
            Process process = JavaProcess.of(Load.class, List.of("-Xmx64m"), directory.toString(), server.url())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output).contains("completed, attempts 1, 100000 100000 rows");
        }
    }

    /** The process: Camel, the pipeline and DuckDB. */
    static final class Load {

        public static void main(String[] args) throws Exception {
            String steps =
                    """
                    - to: { uri: "api:shop/items", parameters: { paging: page } }
                    - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                    """;
            try (ApiApp app = new ApiApp(Path.of(args[0]), args[1], Map.of(), steps)) {
                RunRecord run = app.run();
                System.out.println(run.state() + ", attempts " + run.attempts() + ", "
                        + app.sql("SELECT count(*), count(DISTINCT id) FROM PUBLIC.ITEMS")
                                .get(0)
                        + " rows " + run.error());
            }
            System.exit(0);
        }
    }
}
