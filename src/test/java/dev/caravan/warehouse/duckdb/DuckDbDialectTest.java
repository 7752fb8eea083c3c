package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DuckDbDialectTest {

    @ParameterizedTest
    @ValueSource(strings = {"plain", "it's", "a\\b", "\\'", "'"})
    void literalsKeepTheirText(String text) throws Exception {
        try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckdb.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + DuckDbDialect.INSTANCE.literal(text))) {
            row.next();
            assertThat(row.getString(1)).isEqualTo(text);
        }
    }
}
