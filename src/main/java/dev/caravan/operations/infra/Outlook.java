package dev.caravan.operations.infra;

import java.util.List;

/**
 * How an object is, and what would make it as wanted.
 *
 * @param remark what differs, or what somebody has to do by hand; empty if there is nothing to say
 * @param steps what to do, in order; nothing if it is as wanted, or if only somebody else can fix it
 */
public record Outlook(State state, String remark, List<Step> steps) {

    static Outlook ok() {
        return ok("");
    }

    static Outlook ok(String remark) {
        return new Outlook(State.OK, remark, List.of());
    }

    static Outlook missing(Step... steps) {
        return new Outlook(State.MISSING, "", List.of(steps));
    }

    static Outlook missing(String remark, Step... steps) {
        return new Outlook(State.MISSING, remark, List.of(steps));
    }

    static Outlook different(String remark, List<Step> steps) {
        return new Outlook(State.DIFFERENT, remark, steps);
    }

    /** Nothing that Caravan would change by itself: the remark says what to do. */
    static Outlook byHand(String remark) {
        return new Outlook(State.DIFFERENT, remark, List.of());
    }
}
