package dev.caravan.api;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What in an answer announces more rows than it has, and which settings follow it. */
final class MorePages {

    /** Fields with the next page, at the end of a JSON pointer. */
    private static final Pattern NEXT = Pattern.compile(
            "(?i)(?<place>.*?)/((@odata[.])?(next|has)?[_-]?(next|more)([_-]?(page|page[_-]?token|url|uri|link|cursor|token|offset|results|records|href))?"
                    + "|next/.+|continuation[_-]?token|(?<position>cursor))");

    /** Objects that describe the rows, at the end of a JSON pointer. */
    private static final Pattern ENVELOPES = Pattern.compile(
            "(?i)(/(_?meta(data)?|paging|pagination|pager|page|_?links|hits|page[_-]?info|response[_-]?metadata))+$");

    /** Texts and numbers by which an API says that there is nothing more. */
    private static final Set<String> NOTHING = Set.of("0", "false", "no");

    private static final Set<String> TOTALS =
            Set.of("total", "totalcount", "totalresults", "totalrecords", "totalitems", "totalelements", "totalsize");
    private static final Set<String> PAGES = Set.of("pages", "totalpages", "pagecount", "numpages", "lastpage");
    private static final Set<String> LAST = Set.of("last", "islast", "islastpage", "lastpage");

    private MorePages() {}

    /** Returns the next page as an answer shows it anywhere. */
    static Optional<String> seen(Page page) {
        return seen(page, next -> true);
    }

    /**
     * Returns the next page as an answer shows it where APIs do, and not by the current position or a field of the data.
     *
     * @param records the JSON pointer of the rows, or null
     */
    static Optional<String> seenBeside(String records, Page page) {
        return seen(page, next -> next.group("position") == null && isBeside(records, next.group("place")));
    }

    private static Optional<String> seen(Page page, Predicate<Matcher> where) {
        if (page.nextLink() != null) {
            return Optional.of("a header Link with rel=next; set paging: link-header");
        }
        return first(page, field -> {
            Matcher next = NEXT.matcher(field.getKey());
            return next.matches()
                            && where.test(next)
                            && page.value(field.getKey())
                                    .filter(value -> !NOTHING.contains(
                                            value.toString().strip().toLowerCase(Locale.ROOT)))
                                    .isPresent()
                    ? field.getKey() + "; set paging to next-url (an address) or cursor (a token) with next: "
                            + field.getKey() + ", or to page or offset"
                    : null;
        });
    }

    /** Returns whether a place is the answer itself, an object around the rows, or one in these that describes the rows. */
    private static boolean isBeside(String records, String place) {
        String around = ENVELOPES.matcher(place).replaceFirst("");
        return around.isEmpty() || (records != null && records.startsWith(around + "/"));
    }

    /**
     * Returns the number of all rows or pages, if an answer says that it is not all of them.
     *
     * @param records the JSON pointer of the rows, or null
     */
    static Optional<String> counted(String records, Page page) {
        if (page.announced() != null) {
            return Optional.of("a header " + page.announced() + "; set paging");
        }
        int rows = page.rows().size();
        return first(page, field -> {
            String name = name(page, field.getKey());
            if (field.getValue() instanceof Number number) {
                boolean whole = number.doubleValue() == Math.rint(number.doubleValue());
                return !whole
                        ? null
                        : TOTALS.contains(name) && number.longValue() > rows
                                ? field.getKey() + " = " + number + ", but " + rows + " rows; set paging"
                                : PAGES.contains(name) && number.longValue() > 1 && !isOfBook(records, field.getKey())
                                        ? field.getKey() + " = " + number + "; set paging"
                                        : null;
            }
            return LAST.contains(name) && Boolean.FALSE.equals(field.getValue())
                    ? field.getKey() + " = false; set paging"
                    : null;
        });
    }

    private static String parent(String pointer) {
        return pointer.substring(0, pointer.lastIndexOf('/'));
    }

    private static Optional<String> first(Page page, Function<Map.Entry<String, Object>, String> sign) {
        return page.around().entrySet().stream()
                .flatMap(field -> Optional.ofNullable(sign.apply(field)).stream())
                .findFirst();
    }

    /** Books have pages as well. */
    private static boolean isOfBook(String records, String pointer) {
        return pointer.toLowerCase(Locale.ROOT).endsWith("/pages") && !isBeside(records, parent(pointer));
    }

    /** Returns the name without separators of a field, in lower case. */
    private static String name(Page page, String pointer) {
        String field = pointer;
        if (pointer.endsWith("/value")
                && !pointer.equals("/value")) { // "total": {"value": 100, "relation": "eq"}, but not an amount of money
            String object = parent(pointer);
            boolean counts = page.around().containsKey(object + "/relation")
                    || ENVELOPES.matcher(parent(object)).find();
            field = counts ? object : pointer;
        }
        return field.substring(field.lastIndexOf('/') + 1)
                .replaceAll("[_-]", "")
                .toLowerCase(Locale.ROOT);
    }
}
