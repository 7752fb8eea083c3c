package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.snowflake.fake.StatementCatalog;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of statements shows some word for word: those that are sent. */
class StatementExamplesTest extends WarehouseFixture {

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT");
        return account.component(directory);
    }

    @AfterEach
    void stop() {
        account.close();
    }

    @Test
    void areThoseThatAreSent() throws Exception {
        String page = Files.readString(StatementCatalog.PAGE);
        String examples = page.substring(page.indexOf("## Three loads, word for word"));
        LocalDateTime time = LocalDateTime.of(2026, 1, 1, 12, 0);
        Map<String, Object> first =
                row("id", 1, "price", new BigDecimal("9.95"), "day", LocalDate.of(2026, 1, 1), "ts", time);
        first.putAll(row("bytes", new byte[] {1}, "tags", List.of("x"), "name", "a"));
        load(TABLE + "?mode=merge&key=id&cursor=ts&loadId=one", List.of(first));
        Map<String, Object> second = row("id", 2.0, "price", 12.5, "day", "2026-01-31", "ts", time.plusDays(1));
        second.putAll(row("name", LocalDate.of(2026, 1, 1), "tags", "t", "more", 1));
        load(TABLE + "?mode=merge&key=id&cursor=ts&loadId=two", List.of(second));
        load(
                "DLT.SHOP.SALES?mode=replace&loadId=three",
                IntStream.range(0, 1_001).mapToObj(i -> row("id", i)).toList());

        String sent = account.snowflake.statements().stream()
                .map(statement -> statement.sql().replaceFirst("file://.*/", "file:///tmp/") + ";\n")
                .collect(Collectors.joining());
        assertThat(examples.substring(examples.indexOf("```text\n") + 8, examples.lastIndexOf("```")))
                .isEqualTo(sent);
    }
}
