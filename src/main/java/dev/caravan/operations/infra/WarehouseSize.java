package dev.caravan.operations.infra;

import dev.caravan.run.UsageException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The sizes of a warehouse, as keywords of SQL. */
enum WarehouseSize {
    XSMALL("X-Small"),
    SMALL("Small"),
    MEDIUM("Medium"),
    LARGE("Large"),
    XLARGE("X-Large"),
    XXLARGE("2X-Large"),
    XXXLARGE("3X-Large"),
    X4LARGE("4X-Large"),
    X5LARGE("5X-Large"),
    X6LARGE("6X-Large");

    private final String shown;

    WarehouseSize(String shown) {
        this.shown = shown;
    }

    /** Returns the size as in SHOW WAREHOUSES. */
    String shown() {
        return shown;
    }

    /**
     * Parses a size in any of Snowflake's spellings: {@code XXLARGE}, {@code X2LARGE} or {@code 2X-Large}.
     *
     * @throws UsageException if it is unknown
     */
    static WarehouseSize parse(String text) {
        String plain = text.toUpperCase(Locale.ROOT).replaceAll("[-_' ]", "").replaceFirst("^X(\\d)", "$1X");
        return Arrays.stream(values())
                .filter(size -> plain.equals(size.name()) || plain.equals(plain(size)))
                .findFirst()
                .orElseThrow(() -> new UsageException("Unknown infra.warehouse-size " + text + ": use one of "
                        + Arrays.stream(values()).map(WarehouseSize::name).collect(Collectors.joining(", "))));
    }

    private static String plain(WarehouseSize size) {
        return size.shown.toUpperCase(Locale.ROOT).replace("-", "");
    }
}
