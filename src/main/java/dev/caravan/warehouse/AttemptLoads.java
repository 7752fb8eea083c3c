package dev.caravan.warehouse;

import dev.caravan.run.PermanentException;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/** The loads that an attempt of a run has made or is making, whatever copies there are of its exchange. */
final class AttemptLoads {

    private static final Map<Object, AttemptLoads> ATTEMPTS = Collections.synchronizedMap(new WeakHashMap<>());

    /** The ids of the loads, by table. */
    private final Map<String, Set<String>> tables = new HashMap<>();

    private AttemptLoads() {}

    /** Those of an attempt; without a run the exchange is the attempt. */
    static AttemptLoads of(Object attempt) {
        return ATTEMPTS.computeIfAbsent(attempt, none -> new AttemptLoads());
    }

    /**
     * Takes in a load that is about to begin.
     *
     * @param named whether its author has named it, and so means the same load if it comes twice
     * @return false if the same load has been taken in before
     * @throws PermanentException if it would delete the rows of an earlier one, or be taken for it
     */
    synchronized boolean begin(LoadSpec spec, boolean named) {
        Set<String> ids = tables.computeIfAbsent(table(spec), none -> new HashSet<>());
        boolean again = ids.contains(spec.id());
        if (spec.mode() == Mode.REPLACE && !ids.isEmpty() && !(named && again)) {
            throw new PermanentException("This run has already loaded into " + spec.table() + ", and mode=replace would"
                    + " delete those rows: replace a table once per run. Collect all rows into one body and load them"
                    + " at once, or use mode=append or mode=merge for every part after the first");
        }
        if (again && !named) {
            throw new PermanentException(
                    "This run has already loaded into " + spec.table() + " under the id " + spec.id()
                            + ", so it cannot be told whether this is the same load; put each load into a step of its own, or"
                            + " name it by the option loadId or the header " + WarehouseConstants.LOAD_ID);
        }
        return ids.add(spec.id());
    }

    /** Forgets a load that has failed. */
    synchronized void failed(LoadSpec spec) {
        tables.get(table(spec)).remove(spec.id());
    }

    private static String table(LoadSpec spec) {
        return spec.table().toString().toUpperCase(Locale.ROOT);
    }
}
