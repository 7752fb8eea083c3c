package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SnowflakeLoadTest extends LoadGuarantees {

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT", "A", "B");
        account.snowflake.allowQueries();
        // the scripts of the tests
        account.snowflake.allow("^(CREATE (OR REPLACE VIEW|TABLE IF NOT EXISTS NOTES)|SELEKT)");
        return account.component(directory);
    }

    /** By this id the statement is found in Snowflake's query history. */
    @Test
    void aLoadNamesTheStatementThatHasWrittenItsRows() {
        LoadResult first = load(TABLE + "?mode=replace", List.of(Map.of("id", 1)));
        LoadResult second = load(TABLE + "?mode=merge&key=id", List.of(Map.of("id", 1)));
        assertThat(List.of(first.query(), second.query()))
                .doesNotHaveDuplicates()
                .allMatch(id -> id.matches("[0-9a-f-]{36}"));
    }

    @AfterEach
    void stop() {
        account.close();
    }
}
