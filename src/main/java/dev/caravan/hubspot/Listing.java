package dev.caravan.hubspot;

import dev.caravan.run.PermanentException;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The pages of the list of all objects, or of the archived ones, in the order of their ids. A short or empty page is not
 * the end.
 */
final class Listing implements Iterator<List<Map<String, Object>>> {

    private final ObjectReader objects;
    private final Instant archivedBefore;
    private String after;
    private int number;
    private boolean ended;

    /**
     * Begins a list.
     *
     * @param archivedBefore null for the objects that are not archived. Otherwise the start of the run: objects archived
     *     since then may have been read as not archived, so they are left to the next run
     */
    Listing(ObjectReader objects, Instant archivedBefore) {
        this.objects = objects;
        this.archivedBefore = archivedBefore;
    }

    @Override
    public boolean hasNext() {
        return !ended;
    }

    @Override
    public List<Map<String, Object>> next() {
        if (ended) {
            throw new NoSuchElementException();
        }
        ObjectReader.Listed page = objects.list(after, archivedBefore, ++number);
        if (page.next() != null && page.next().equals(after)) {
            throw new PermanentException(
                    "Page " + number + " of " + objects.name() + " leads to itself, so its rows would repeat forever");
        }
        after = page.next();
        ended = after == null;
        return page.rows();
    }
}
