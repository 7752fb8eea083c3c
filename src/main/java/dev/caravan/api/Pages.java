package dev.caravan.api;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.math.BigDecimal;
import java.net.URI;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.hc.client5.http.utils.URIUtils;

/** The pages of one list of rows, one after the other. Whatever makes it uncertain that all rows were read is an error. */
final class Pages implements Iterator<List<Map<String, Object>>> {

    /** An API that goes on without rows would do so forever. */
    private static final int MAX_EMPTY = 100;

    private final ApiClient client;
    private final Plan plan;
    private final String name;
    private final Run run;

    private Request request;
    private int number;
    private long rows;
    private int emptyPages;
    private Page latest;
    private List<Map<String, Object>> previous = List.of();
    private Object position;
    /** An earlier position, to find a circle of positions: of Brent's algorithm. */
    private Object earlier;

    private long moves;

    /**
     * How an API pages.
     *
     * @param next the JSON pointer of the next address or token, or null
     * @param nextParam where the token goes
     * @param more the JSON pointer of whether there is more, or null
     * @param total the JSON pointer of the number of all rows, or null
     * @param numberParam where the number of the page, or the offset, goes
     * @param first the first page or offset
     * @param limitParam where the size of a page goes
     * @param pageSize rows to ask for, or null for the API's default
     */
    record Plan(
            Paging paging,
            PageReader.Form form,
            String next,
            String nextParam,
            String more,
            String total,
            String numberParam,
            int first,
            String limitParam,
            Integer pageSize) {}

    /**
     * @param first the request, without parameters of a page
     * @param name for messages: "api:github/issues"
     */
    Pages(ApiClient client, Request first, Plan plan, String name, Run run) {
        this.client = client;
        this.plan = plan;
        this.name = name;
        this.run = run;
        this.request = first;
        if (plan.pageSize() != null) {
            request = request.with(plan.limitParam(), plan.pageSize());
        }
        if (plan.paging() == Paging.PAGE || plan.paging() == Paging.OFFSET) {
            request = request.with(plan.numberParam(), plan.first());
        }
    }

    /** Whether there is another page; the first one always exists. */
    @Override
    public boolean hasNext() {
        return request != null;
    }

    /** Requests the next page. */
    @Override
    public List<Map<String, Object>> next() {
        number++;
        Page page = client.page(request, plan.form(), place(), run);
        latest = page;
        rows += page.rows().size();
        request = following(page);
        if (request == null) {
            requireTotal(page);
        }
        if (!page.rows().isEmpty()) {
            previous = page.rows();
        }
        return page.rows();
    }

    /** Returns the page that was read last. */
    Page latest() {
        return latest;
    }

    /** Returns how many pages were read. */
    int number() {
        return number;
    }

    private String place() {
        return "Page " + number + " of " + name;
    }

    /** Returns the next request, or null after the last page. */
    private Request following(Page page) {
        return switch (plan.paging()) {
            case NONE -> {
                requireOnlyPage(page);
                yield null;
            }
            case SINGLE -> null;
            case LINK_HEADER -> {
                Object next = unlessLast(page, page.nextLink(), "there is no header Link with rel=next");
                yield next == null ? null : toAddress(next.toString());
            }
            case NEXT_URL -> {
                Object next = token(page);
                yield next == null ? null : toAddress(next.toString());
            }
            case CURSOR -> {
                Object token = token(page);
                yield token == null ? null : move(token, request.with(plan.nextParam(), token));
            }
            case PAGE -> counted(page, (long) plan.first() + number);
            case OFFSET -> counted(page, plan.first() + rows);
        };
    }

    /** Returns the token or address of the next page, or null at the end. */
    private Object token(Page page) {
        return unlessLast(page, page.value(plan.next()).orElse(null), "there is nothing at next=" + plan.next());
    }

    /**
     * Returns what leads to the next page, or null at the end.
     *
     * @param next what leads there, or null
     * @param missing what is missing if there is none
     */
    private Object unlessLast(Page page, Object next, String missing) {
        Object more = plan.more() == null ? null : page.around().get(plan.more());
        if (Boolean.FALSE.equals(more)) {
            return null;
        } else if (next == null && Boolean.TRUE.equals(more)) {
            throw new PermanentException(place() + ": " + plan.more() + " is true, but " + missing);
        } else if (next == null && (plan.more() == null || !page.around().containsKey(plan.more()))) {
            requireNoSign(page, missing);
        }
        return next;
    }

    private Request toAddress(String address) {
        URI next;
        try {
            // unlike URI.resolve, it keeps the path if the address is only a query
            next = URIUtils.resolve(request.uri(), address);
        } catch (IllegalArgumentException e) {
            throw new PermanentException(place() + ": the address of the next page is invalid");
        }
        if (!client.owns(next)) {
            throw new PermanentException(place() + ": the next page would be at " + next.getScheme() + "://"
                    + next.getAuthority() + ", which is not " + client.origin() + "; nothing was sent there");
        }
        return move(next, request.to(next));
    }

    /** Moves on to a position that must not have been there before. */
    private Request move(Object next, Request following) {
        if (next.equals(position) || next.equals(earlier)) {
            throw new PermanentException(
                    place() + " leads back to a page that was read before, so the API would repeat its rows forever");
        }
        if (Long.bitCount(++moves) == 1) {
            earlier = position == null ? next : position;
        }
        position = next;
        return following;
    }

    /** Returns the request for the next number; the end is an empty page, the total, or that there is no more. */
    private Request counted(Page page, long next) {
        Object more = plan.more() == null ? null : page.around().get(plan.more());
        Long total = total(page);
        boolean empty = page.rows().isEmpty();
        if (empty && Boolean.TRUE.equals(more) && plan.paging() == Paging.OFFSET) {
            throw new PermanentException(place() + " has no rows, although " + plan.more()
                    + " is true, so there is no offset to go on from");
        } else if ((empty && !Boolean.TRUE.equals(more))
                || Boolean.FALSE.equals(more)
                || (total != null && rows >= total)) {
            return null;
        }
        emptyPages = empty ? emptyPages + 1 : 0;
        if (emptyPages > MAX_EMPTY) {
            throw new PermanentException(
                    place() + " is the last of " + emptyPages + " without rows, although " + plan.more() + " is true");
        }
        if (!empty && page.rows().equals(previous)) {
            throw new PermanentException(place() + " has the same rows as the page before: the API ignores "
                    + plan.numberParam() + ", or repeats its last page; set total or more if its answers have them");
        }
        return request.with(plan.numberParam(), next);
    }

    private Long total(Page page) {
        if (plan.total() == null) {
            return null;
        }
        try {
            return new BigDecimal(String.valueOf(page.around().get(plan.total()))).longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new PermanentException(place() + ": there is no whole number at total=" + plan.total());
        }
    }

    private void requireTotal(Page page) {
        Long total = total(page);
        if (total != null && rows < total) {
            throw new TransientException(place() + " is the last one, but there were only " + rows + " of the " + total
                    + " rows announced at " + plan.total() + "; nothing was loaded");
        }
    }

    /** An answer that looks like one of several pages is not taken for all rows. */
    private void requireOnlyPage(Page page) {
        MorePages.seen(page)
                .or(() -> MorePages.counted(plan.form().records(), page))
                .ifPresent(seen -> {
                    throw new PermanentException(
                            name + ": paging is none, but the answer looks like one of several pages: it has " + seen
                                    + ". If it is complete, or its rows are all you want, set paging: single");
                });
    }

    /** Nor is it if the next page is not where the route looks for it. */
    private void requireNoSign(Page page, String reason) {
        if (number == 1) {
            MorePages.seenBeside(plan.form().records(), page).ifPresent(seen -> {
                throw new PermanentException(place() + " would be the only one, because " + reason + ", but it has "
                        + seen + ". If it is the only one, set more to the field that says whether there is more: then"
                        + " no other one is looked at");
            });
        }
    }
}
