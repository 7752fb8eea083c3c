package dev.caravan.operations.infra;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An object that SHOW lists and whose properties are among the columns of that list.
 *
 * @param snowflake where it is
 * @param name what it is, as in {@code warehouse LOADING}
 * @param show the statement that lists it, maybe with others
 * @param identifier its name in that list
 * @param options what its columns should hold
 * @param create the statement that creates it
 * @param alter the beginning of the statement that changes its options, or null if none can be changed
 * @param takes who may create it, as the end of a sentence
 */
record ShownResource(
        AccountConnection snowflake,
        String name,
        String show,
        String identifier,
        List<Option> options,
        String create,
        String alter,
        String takes)
        implements Resource {

    /**
     * What a column should hold.
     *
     * @param expected the value; compared without regard to case and hyphens
     * @param fix what SET is followed by to fix it, or null if it has to be done by hand
     * @param hint what to do then
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
        return found.map(this::compare).orElseGet(() -> Diff.missing(snowflake.statement(create, takes)));
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
                        remark, List.of(snowflake.statement(alter + " SET " + String.join(" ", fixes), takes)));
    }
}
