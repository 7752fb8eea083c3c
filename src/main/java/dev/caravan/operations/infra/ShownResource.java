package dev.caravan.operations.infra;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A resource that SHOW lists with its properties as columns.
 *
 * @param snowflake the connection to its account
 * @param name its name, as in {@code warehouse LOADING}
 * @param show the statement that lists it, maybe with others
 * @param identifier its name in that list
 * @param options the expected values of its columns
 * @param create the statement that creates it
 * @param alter the beginning of the statement that changes its options, or null if none can be changed
 * @param privileges the privileges that creating it needs
 */
record ShownResource(
        AccountConnection snowflake,
        String name,
        String show,
        String identifier,
        List<Option> options,
        String create,
        String alter,
        String privileges)
        implements Resource {

    /**
     * The expected value of a column.
     *
     * @param expected the value; case and hyphens are ignored
     * @param fix the option of SET that fixes it, or null if it must be fixed by hand
     * @param hint how to fix it by hand
     */
    record Option(String column, String expected, String fix, String hint) {

        static Option of(String column, String expected, String fix) {
            return new Option(column, expected, fix, null);
        }

        static Option byHand(String column, String expected, String hint) {
            return new Option(column, expected, null, hint);
        }

        private boolean fits(String value) {
            return plain(value).equals(plain(expected));
        }

        private static String plain(String value) {
            return value.replace("-", "").toUpperCase(java.util.Locale.ROOT);
        }
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    @Override
    public Diff diff() {
        Optional<Map<String, String>> found = snowflake.rows(show).stream()
                .filter(row -> identifier.equals(row.get("name")))
                .findFirst();
        return found.map(this::compare).orElseGet(() -> Diff.missing(snowflake.statement(create, privileges)));
    }

    private Diff compare(Map<String, String> row) {
        List<String> differences = new ArrayList<>();
        List<String> fixes = new ArrayList<>();
        for (Option option : options) {
            String value = row.getOrDefault(option.column(), "");
            if (!option.fits(value)) {
                differences.add(option.column() + " is " + (value.isEmpty() ? "not set" : value) + ", expected "
                        + option.expected() + (option.hint() == null ? "" : ": " + option.hint()));
                if (option.fix() != null) {
                    fixes.add(option.fix());
                }
            }
        }
        if (differences.isEmpty()) {
            return Diff.ok();
        }
        String remark = String.join("; ", differences);
        return fixes.isEmpty()
                ? Diff.byHand(remark)
                : Diff.different(
                        remark, List.of(snowflake.statement(alter + " SET " + String.join(" ", fixes), privileges)));
    }
}
