package dev.caravan.api;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** What in an answer announces more rows than it has, and which settings follow it. */
final class MorePages {

    /** Fields with the next page, at the end of a JSON pointer. */
    private static final Pattern NEXT = Pattern.compile(
            "(?i).*/(@odata[.])?(next|has)?[_-]?(next|more)([_-]?(page|page[_-]?token|url|uri|link|cursor|token|offset|results|records|href))?"
                    + "|.*/(next/.+|continuation[_-]?token|cursor)");

    private static final Set<String> TOTALS =
            Set.of("total", "totalcount", "totalresults", "totalrecords", "totalitems", "totalelements", "totalsize");
    private static final Set<String> PAGES = Set.of("pages", "totalpages", "pagecount", "numpages", "lastpage");
    private static final Set<String> LAST = Set.of("last", "islast", "islastpage", "lastpage");

    private MorePages() {}

    /** Returns the next page as an answer shows it. */
    static Optional<String> seen(Page page) {
        if (page.nextLink() != null) {
            return Optional.of("a header Link with rel=next; set paging: link-header");
        }
        return first(page, field -> {
            boolean next = NEXT.matcher(field.getKey()).matches()
                    && page.value(field.getKey()).isPresent();
            return next
                    ? field.getKey() + "; set paging to next-url (an address) or cursor (a token) with next: "
                            + field.getKey() + ", or to page or offset"
                    : null;
        });
    }

    /** Returns the number of all rows or pages, if an answer says that it is not all of them. */
    static Optional<String> counted(Page page) {
        if (page.announced() != null) {
            return Optional.of("a header " + page.announced() + "; set paging");
        }
        int rows = page.rows().size();
        return first(page, field -> {
            String name = name(field.getKey());
            if (field.getValue() instanceof Number number) {
                return TOTALS.contains(name) && number.longValue() > rows
                        ? field.getKey() + " = " + number + ", but " + rows + " rows; set paging"
                        : PAGES.contains(name) && number.longValue() > 1
                                ? field.getKey() + " = " + number + "; set paging"
                                : null;
            }
            return LAST.contains(name) && Boolean.FALSE.equals(field.getValue())
                    ? field.getKey() + " = false; set paging"
                    : null;
        });
    }

    private static Optional<String> first(Page page, Function<Map.Entry<String, Object>, String> sign) {
        return page.around().entrySet().stream()
                .flatMap(field -> Optional.ofNullable(sign.apply(field)).stream())
                .findFirst();
    }

    private static String name(String pointer) {
        String field = pointer.replaceFirst("/value$", ""); // {"total": {"value": 100}}
        return field.substring(field.lastIndexOf('/') + 1)
                .replaceAll("[_-]", "")
                .toLowerCase(Locale.ROOT);
    }
}
