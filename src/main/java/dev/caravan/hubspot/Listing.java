package dev.caravan.hubspot;

import dev.caravan.run.PermanentException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** The pages of the list of all objects, in the order of their ids. A short or empty page is not the end. */
final class Listing implements Iterator<List<Map<String, Object>>> {

    private final ObjectReader objects;
    private final boolean archived;
    private String after;
    private int number;
    private boolean ended;

    Listing(ObjectReader objects, boolean archived) {
        this.objects = objects;
        this.archived = archived;
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
        ObjectReader.Listed page = objects.list(after, archived, ++number);
        if (page.next() != null && page.next().equals(after)) {
            throw new PermanentException(
                    "Page " + number + " of " + objects.name() + " leads to itself, so its rows would repeat forever");
        }
        after = page.next();
        ended = after == null;
        return page.rows();
    }
}
