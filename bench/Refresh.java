package bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** products-full-refresh, beside COPY of the same rows. */
final class Refresh {

    private static final String QUERY =
            "SELECT audit_id, product_id, product_name, price_usd, operation, valid_ts FROM raw_data.products";

    private Refresh() {}

    static void measure() throws Exception {
        Bench.say("%n== products-full-refresh of %,d rows, -Xmx256m, beside COPY TO STDOUT ==", Bench.ROWS);
        try (Source source = new Source()) {
            Connection shop = source.connection;
            fill(shop);
            List<Double> copies = new ArrayList<>();
            List<Double> runs = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            List<Double> wallRatios = new ArrayList<>();
            for (int round = 1; round <= Bench.ROUNDS; round++) {
                double copy = source.copy(QUERY, "FORMAT text", Bench.ROWS);
                Command run = new Command(Map.of("CARAVAN_JAVA_OPTS", "-Xmx256m"), "run", "products-full-refresh");
                copies.add(copy);
                runs.add(run.duration());
                ratios.add(copy / run.duration());
                wallRatios.add(copy / run.wall);
                Bench.say("round %d: COPY %.1f s (%,.0f rows/s); run %.1f s (%,.0f rows/s), ratio %.2f;"
                                + " process %.1f s, ratio %.2f; CPU %.1f s; %s",
                        round,
                        copy,
                        Bench.ROWS / copy,
                        run.duration(),
                        Bench.ROWS / run.duration(),
                        copy / run.duration(),
                        run.wall,
                        copy / run.wall,
                        run.cpu,
                        run.memory());
                Bench.expect(run.result.get("rows").longValue() == Bench.ROWS, "rows " + run.result);
            }
            Bench.say("median: COPY %,.0f rows/s, run %,.0f rows/s, ratio %.2f (from process start %.2f); aim 0.50",
                    Bench.ROWS / Bench.median(copies), Bench.ROWS / Bench.median(runs), Bench.median(ratios), Bench.median(wallRatios));
        }
    }

    /** The shop's own rows, and as many more as are wanted. */
    private static void fill(Connection shop) throws SQLException {
        try (Statement statement = shop.createStatement()) {
            ResultSet count = statement.executeQuery("SELECT count(*) FROM raw_data.products");
            count.next();
            long there = count.getLong(1);
            if (there > Bench.ROWS) {
                statement.execute("DELETE FROM raw_data.products WHERE audit_id > " + Bench.ROWS);
            } else if (there < Bench.ROWS) {
                Bench.say("generating %,d rows", Bench.ROWS - there);
                statement.execute(
                        """
                        INSERT INTO raw_data.products (product_id, product_name, price_usd, operation, valid_ts)
                        SELECT 1000 + n / 5,
                               (ARRAY['Oak', 'Walnut', 'Steel', 'Linen', 'Café'])[1 + n %% 5] || ' '
                                   || (ARRAY['Table', 'Chair', 'Lamp', 'Shelf'])[1 + n %% 4] || ' ' || 1000 + n / 5,
                               (499 + n * 7919 %% 50000) / 100.0,
                               (ARRAY['INSERT', 'UPDATE', 'UPDATE', 'UPDATE', 'DELETE'])[1 + n %% 5],
                               timestamp '2026-01-01' + n * interval '1.000003 s'
                        FROM generate_series(1::bigint, %d) AS n
                        """
                                .formatted(Bench.ROWS - there));
            }
            statement.execute("VACUUM ANALYZE raw_data.products");
        }
    }
}
