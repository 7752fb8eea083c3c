package dev.caravan.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SqlTablesTest {

    @Test
    void tablesAreThoseAfterFromAndJoin() {
        assertThat(SqlTables.of("SELECT * FROM raw_data.products WHERE valid_ts >= :?cursor"))
                .containsExactly("raw_data.products");
        assertThat(SqlTables.of(
                        "select p.id from \"Raw Data\".\"products\" p left join only shop.raw.orders o on o.p = p.id"
                                + " join lines using (id)"))
                .containsExactly("RawData.products", "shop.raw.orders", "lines");
        assertThat(SqlTables.of("SELECT * FROM (SELECT id FROM a) x, LATERAL (SELECT 1 FROM b) y"))
                .containsExactly("a", "b");
    }

    @Test
    void whatOnlyLooksLikeATableIsNone() {
        assertThat(SqlTables.of(
                        "WITH recent AS (SELECT * FROM orders), old (a, b) AS MATERIALIZED (SELECT * FROM archive)"
                                + " SELECT EXTRACT(year FROM day) FROM recent JOIN old ON true"))
                .containsExactly("orders", "archive");
        assertThat(SqlTables.of("SELECT ' from nowhere', 1 -- from here\n /* from there */ FROM generate_series(1, 3)"))
                .isEmpty();
        assertThat(SqlTables.of("SELECT * FROM ${variable.table}")).isEmpty();
    }
}
