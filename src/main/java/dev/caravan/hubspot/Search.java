package dev.caravan.hubspot;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The pages of the objects changed within a time. Each page is a search of its own, for ids greater than the last one, so
 * that neither HubSpot's limit of 10,000 objects per search matters, nor how many have the same time, nor that an object
 * changes meanwhile and leaves the result. HubSpot compares ids as text, so the last one is given back as it came.
 */
final class Search implements Iterator<List<Map<String, Object>>> {

    private final ObjectReader objects;
    private final Instant from;
    private final Instant until;
    private String last;
    private long total = -1;
    private long read;
    private int number;
    private boolean ended;

    /** @param until the latest change, so that objects which change during the search are left to the next run */
    Search(ObjectReader objects, Instant from, Instant until) {
        this.objects = objects;
        this.from = from;
        this.until = until;
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
        ObjectReader.Found found = objects.search(from, until, last, ObjectReader.SEARCH_PAGE, ++number);
        List<Map<String, Object>> rows = found.rows();
        total = total < 0 ? found.total() : total;
        read += rows.size();
        if (rows.isEmpty()) {
            if (found.total() > 0) {
                throw new TransientException("The search in " + objects.name() + " found " + found.total()
                        + " more objects, but returned none; nothing was loaded");
            }
            end();
        } else {
            String next = (String) rows.get(rows.size() - 1).get("id");
            if (next.equals(last)) {
                throw new PermanentException("Page " + number + " of the search in " + objects.name() + " ends with id "
                        + next + " as the page before, so its rows would repeat forever");
            }
            last = next;
            if (rows.size() >= found.total()) {
                end();
            }
        }
        return rows;
    }

    /** Objects may have left the result, by changes that the next run reads; none that is still in it may be missing. */
    private void end() {
        ended = true;
        if (read < total) {
            long now = objects.search(from, until, null, 1, number + 1).total();
            if (read < now) {
                throw new TransientException("The search in " + objects.name() + " returned only " + read + " of " + now
                        + " objects; nothing was loaded");
            }
        }
    }
}
