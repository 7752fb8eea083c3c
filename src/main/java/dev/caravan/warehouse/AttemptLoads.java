package dev.caravan.warehouse;

import dev.caravan.run.PermanentException;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/** The loads of an attempt, shared by all copies of its exchange. */
final class AttemptLoads {

    private static final Map<Object, AttemptLoads> ATTEMPTS = Collections.synchronizedMap(new WeakHashMap<>());

    /** The ids of the loads, by table. */
    private final Map<String, Set<String>> tables = new HashMap<>();

    private AttemptLoads() {}

    /** Returns the loads of an attempt; without a run the exchange is the attempt. */
    static AttemptLoads of(Object attempt) {
        return ATTEMPTS.computeIfAbsent(attempt, none -> new AttemptLoads());
    }

    /**
     * Registers a load that begins.
     *
     * @param named whether the user has set its id, so that the same id means the same load
     * @return false if the same load has been registered before
     * @throws PermanentException if it would delete the rows of an earlier load, or has its id by accident
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
                            + ", and load ids must be unique within a run: put each load into its own step, or set"
                            + " the option loadId or the header " + WarehouseConstants.LOAD_ID);
        }
        return ids.add(spec.id());
    }

    /** Removes a load that has failed. */
    synchronized void failed(LoadSpec spec) {
        tables.get(table(spec)).remove(spec.id());
    }

    private static String table(LoadSpec spec) {
        return spec.table().toString().toUpperCase(Locale.ROOT);
    }
}
