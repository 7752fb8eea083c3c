package dev.caravan.exchangerates;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.util.List;
import java.util.stream.Stream;

/** The table of exchange rates, one row per file, and its view of one row per day, base and currency. */
public final class RatesSchema {

    /** Prefix of the names of the files in the bucket. */
    public static final String PREFIX = "exchange-rates/";

    /** The fields of a file, in order. A file without one of them is rejected. */
    public static final List<Column> FIELDS = List.of(
            column("date", Kind.DATE),
            column("timestamp", Kind.TIMESTAMP),
            column("base", Kind.TEXT),
            column("rates", Kind.JSON));

    /** What is recorded about the file: when it was loaded, its name, and when it was written. */
    public static final List<Column> METADATA = List.of(
            column("_loaded_at", Kind.TIMESTAMP), column("_file", Kind.TEXT), column("_modified", Kind.TIMESTAMP));

    /** All columns of the table, in order. */
    public static final List<Column> COLUMNS =
            Stream.of(FIELDS, METADATA).flatMap(List::stream).toList();

    private RatesSchema() {}

    private static Column column(String name, Kind kind) {
        return new Column(name, ColumnType.of(kind));
    }

    /** Returns the name of the view over a table. */
    public static String dailyView(String table) {
        return table + "_DAILY";
    }

    /**
     * Returns the query for the latest load of each day and base.
     *
     * @param table the table as in SQL
     */
    public static String latest(String table) {
        return "SELECT date, base, rates FROM " + table
                + " QUALIFY ROW_NUMBER() OVER (PARTITION BY date, base ORDER BY _loaded_at DESC NULLS LAST, _file DESC) = 1";
    }
}
