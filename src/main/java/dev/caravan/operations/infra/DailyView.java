package dev.caravan.operations.infra;

import dev.caravan.exchangerates.RatesSchema;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The view of one row per day, base and currency, of the latest load of each day. */
record DailyView(AccountConnection snowflake, InfraSettings settings) implements Resource {

    @Override
    public String name() {
        return "view " + view();
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    private String view() {
        return settings.inRatesSchema(settings.dailyView());
    }

    @Override
    public Diff diff() {
        Optional<Map<String, String>> found = snowflake
                .rows("SHOW VIEWS LIKE " + Snowflake.literal(settings.dailyView()) + " IN SCHEMA "
                        + settings.ratesSchema())
                .stream()
                .filter(row -> settings.dailyView().equals(row.get("name")))
                .findFirst();
        if (found.isEmpty()) {
            return Diff.missing(snowflake.statement(
                    "CREATE VIEW IF NOT EXISTS " + view() + " AS " + select(),
                    "CREATE VIEW on the schema and SELECT on the table"));
        }
        // the text is empty for a role that cannot change the view
        String text = plain(found.get().getOrDefault("text", ""));
        return text.isEmpty() || text.endsWith(plain(select()))
                ? Diff.ok()
                : Diff.byHand("its text differs: unless that is intended, DROP VIEW " + view() + ", then apply again");
    }

    private String select() {
        return "SELECT latest.date, latest.base, rate.key AS currency,"
                + " TRY_CAST(rate.value::VARCHAR AS FLOAT) AS rate FROM ("
                + RatesSchema.latest(settings.ratesTable())
                + ") latest, LATERAL FLATTEN(INPUT => latest.rates) rate";
    }

    private static String plain(String sql) {
        return sql.strip().replaceFirst(";$", "").replaceAll("\\s+", " ").toUpperCase(Locale.ROOT);
    }
}
