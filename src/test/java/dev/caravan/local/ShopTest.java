package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;

class ShopTest {

    @Test
    void aBusyMomentCreatesRepricesAndDeletesAndOneRowHasTheMomentOfTheLast() throws SQLException {
        long rows = count("true");
        LocalDateTime last = last();
        long sameMoment = count("valid_ts = '" + last + "'");

        Shop.Changes changes = new Shop(TestPostgres.url()).change();

        assertThat(changes).isEqualTo(new Shop.Changes(3, 4, 2));
        assertThat(count("true")).isEqualTo(rows + changes.rows());
        assertThat(count("valid_ts = '" + last + "'")).isEqualTo(sameMoment + 1);
        assertThat(count("valid_ts > '" + last + "'")).isEqualTo(changes.rows() - 1);
    }

    @Test
    void theShopLivesOneChangeAtATime() throws SQLException {
        LocalDateTime last = last();
        Shop shop = new Shop(TestPostgres.url());

        assertThat(shop.live().rows()).isEqualTo(1);
        assertThat(shop.live().rows()).isEqualTo(1);

        assertThat(count("valid_ts > '" + last + "'")).isEqualTo(2);
    }

    @Test
    void theHistoryOfEachProductIsSound() throws SQLException {
        new Shop(TestPostgres.url()).change();
        assertThat(query("SELECT count(*) FROM (SELECT operation, row_number() OVER w AS n,"
                        + " lead(operation) OVER w AS next FROM raw_data.products"
                        + " WINDOW w AS (PARTITION BY product_id ORDER BY audit_id)) AS h"
                        + " WHERE (n = 1) <> (operation = 'INSERT') OR (operation = 'DELETE' AND next IS NOT NULL)"))
                .isEqualTo("0");
    }

    private static long count(String condition) throws SQLException {
        return Long.parseLong(query("SELECT count(*) FROM raw_data.products WHERE " + condition));
    }

    private static LocalDateTime last() throws SQLException {
        return LocalDateTime.parse(
                query("SELECT max(valid_ts) FROM raw_data.products").replace(' ', 'T'));
    }

    private static String query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestPostgres.url());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
