package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;

/** The shop's table of products and its copy in the warehouse. */
final class Products {

    private static final String ROWS = "SELECT audit_id, product_id, product_name, CAST(price_usd AS VARCHAR),"
            + " operation, CAST(valid_ts AS VARCHAR) FROM %s ORDER BY 1, 2, 3, 4, 5, 6";

    private Products() {}

    /**
     * Adds rows to the history: many of them at the very moment of the last row, some half an hour late, and some so much
     * later that nothing but them is within the lag of the next run.
     */
    static void change(Source source, int rows) throws SQLException {
        source.execute("INSERT INTO raw_data.products (product_id, product_name, price_usd, operation, valid_ts)"
                + " SELECT n, 'Thing ' || n, n, 'INSERT', (SELECT max(valid_ts) FROM raw_data.products)"
                + " + CASE n % 5 WHEN 0 THEN INTERVAL '-30 minutes' WHEN 1 THEN INTERVAL '2 hours'"
                + " ELSE INTERVAL '0' END FROM generate_series(1, " + rows + ") AS n");
    }

    /** Every row of the source is in the warehouse, once, and nothing else is. */
    static void assertCopied(Source source, Installation caravan) throws SQLException {
        assertThat(caravan.warehouse("DLT", ROWS.formatted("APPLICATION_DATA.PRODUCTS")))
                .isEqualTo(source.query(ROWS.formatted("raw_data.products")));
    }
}
