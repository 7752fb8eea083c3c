package dev.caravan.pipeline;

import dev.caravan.pipeline.PipelineEndpoint.CatchUp;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.SlotTable;
import dev.caravan.pipeline.ledger.SlotTable.Served;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is done about slots that have passed without a run.
 *
 * @param catchUp which of them are run later
 * @param maxLateness how late a slot is run at most, or null for no limit
 */
record CatchUpPolicy(CatchUp catchUp, Duration maxLateness) {

    /** At most so many slots are looked at, or recorded as missed, at a time. */
    private static final int LIMIT = 1_000;

    private static final int MOST_MISSED = 100;

    /**
     * The decision about the slots of a pipeline.
     *
     * @param run the slots to run, oldest first
     * @param missed the other ones that have no run, and why
     * @param overdue all slots that have no run, whatever is done about them
     */
    record Plan(List<Instant> run, SortedMap<Instant, String> missed, List<Instant> overdue) {}

    /** Decides about the slots of a pipeline; empty if none is due after those that are settled. */
    static Optional<Plan> plan(PipelineEndpoint options, Served served, Instant until) {
        return options.schedule()
                .filter(schedule -> served != null
                        && served.settled() != null
                        && schedule.next(served.settled())
                                .filter(slot -> !slot.isAfter(until))
                                .isPresent())
                .map(schedule -> options.catchUpPolicy()
                        .plan(
                                schedule,
                                served,
                                options.getComponent().ledger().slots().known(options.getName(), served.settled()),
                                until));
    }

    /** Decides about the slots after those that are settled. */
    Plan plan(Schedule schedule, Served served, SortedMap<Instant, RunState> known, Instant until) {
        List<Instant> overdue = overdue(schedule, served, known, until);
        Instant earliest = maxLateness == null ? Instant.MIN : until.minus(maxLateness);
        Instant lastRun = known.entrySet().stream()
                .filter(slot -> slot.getValue() != RunState.MISSED)
                .map(slot -> slot.getKey())
                .max(Instant::compareTo)
                .orElse(Instant.MIN);
        List<Instant> run = new ArrayList<>();
        SortedMap<Instant, String> missed = new TreeMap<>();
        for (int i = 0; i < overdue.size(); i++) {
            Instant slot = overdue.get(i);
            boolean last = i == overdue.size() - 1;
            String cause = served.pausedAt(slot) ? SlotTable.PAUSED : "No process ran it";
            if (catchUp == CatchUp.none) {
                missed.put(slot, cause + " (catchUp=none)");
            } else if (slot.isBefore(earliest)) {
                missed.put(slot, cause + " until it was too late (maxLateness)");
            } else if (catchUp == CatchUp.last && slot.isBefore(lastRun)) {
                missed.put(slot, cause + ", and a later slot has run since (catchUp=last)");
            } else if (catchUp == CatchUp.last && !last) {
                missed.put(slot, cause + ", and a later slot is run instead (catchUp=last)");
            } else {
                run.add(slot);
            }
        }
        while (missed.size() > MOST_MISSED) {
            missed.remove(missed.firstKey());
        }
        return new Plan(run, missed, overdue);
    }

    /** Returns the slots without a run, oldest first; the oldest ones if all are to be run, else the newest. */
    private List<Instant> overdue(Schedule schedule, Served served, SortedMap<Instant, RunState> known, Instant until) {
        Deque<Instant> slots = new ArrayDeque<>();
        if (catchUp == CatchUp.all) {
            Instant after = served.settled();
            if (maxLateness != null && after.isBefore(until.minus(maxLateness))) {
                // what is too late is recorded, not run
                after = newest(schedule, after, until.minus(maxLateness))
                        .map(slot -> slot.minusSeconds(1))
                        .orElse(after);
            }
            for (Optional<Instant> slot = schedule.next(after);
                    slot.isPresent() && !slot.get().isAfter(until) && slots.size() < LIMIT;
                    slot = schedule.next(slot.get())) {
                slots.addLast(slot.get());
            }
        } else {
            for (Optional<Instant> slot = schedule.last(until);
                    slot.isPresent() && slot.get().isAfter(served.settled()) && slots.size() < LIMIT;
                    slot = schedule.last(slot.get().minusSeconds(1))) {
                slots.addFirst(slot.get());
            }
        }
        return slots.stream().filter(slot -> !known.containsKey(slot)).toList();
    }

    private static Optional<Instant> newest(Schedule schedule, Instant after, Instant until) {
        Instant found = null;
        Optional<Instant> slot = schedule.last(until);
        for (int i = 0; i < MOST_MISSED && slot.isPresent() && slot.get().isAfter(after); i++) {
            found = slot.get();
            slot = schedule.last(found.minusSeconds(1));
        }
        return Optional.ofNullable(found);
    }
}
