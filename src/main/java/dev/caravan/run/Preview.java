package dev.caravan.run;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;

/**
 * Asks the loads of a route to show what they would do, and to change nothing. It travels on the exchange as a property; there
 * is no {@link Run} then.
 */
public final class Preview {

    /** The exchange property that holds the preview. */
    public static final String PROPERTY = "CaravanPreview";

    private final int rows;
    private final List<Load> loads = new CopyOnWriteArrayList<>();

    /**
     * A column of the rows.
     *
     * @param type its type by the rows that were read, such as DECIMAL(18,2); null if they have only NULLs
     */
    public record Column(String name, String type) {}

    /**
     * What a load would do.
     *
     * @param exists whether the table exists
     * @param changes of its columns, such as {@code add price DOUBLE}
     * @param rows the first rows
     */
    public record Load(
            String table, boolean exists, List<String> changes, List<Column> columns, List<Map<String, Object>> rows) {}

    /** @param rows how many rows each load reads at most */
    public Preview(int rows) {
        this.rows = rows;
    }

    /** Returns the preview of an exchange, if it is one. */
    public static Optional<Preview> of(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(PROPERTY, Preview.class));
    }

    /** Returns how many rows each load reads at most. */
    public int rows() {
        return rows;
    }

    /** Adds a load. */
    public void add(Load load) {
        loads.add(load);
    }

    /** Returns the loads that were reached. */
    public List<Load> loads() {
        return loads;
    }
}
