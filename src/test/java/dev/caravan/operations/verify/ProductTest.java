package dev.caravan.operations.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProductTest {

    @ParameterizedTest
    @ValueSource(strings = {"plain", "it's", "a\\b", "\\'", "'"})
    void duckDbReadsItsLiteralsAsTheyWereMeant(String text) throws Exception {
        try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckdb.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + Product.DUCKDB.literal(text))) {
            row.next();
            assertThat(row.getString(1)).isEqualTo(text);
        }
    }

    @Test
    void snowflakeEscapesTheBackslash() {
        assertThat(Product.SNOWFLAKE.literal("a\\b'c")).isEqualTo("'a\\\\b''c'");
    }

    @Test
    void anEngineThatIsUnknownIsNotTakenForAnother() {
        assertThat(Product.of("duckdb")).isEqualTo(Product.DUCKDB);
        assertThatThrownBy(() -> Product.of("postgresql"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("postgresql");
    }
}
