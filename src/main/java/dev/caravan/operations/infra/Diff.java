package dev.caravan.operations.infra;

import java.util.List;

/**
 * How an object is, and what would make it as expected.
 *
 * @param remark what differs, or what somebody has to do by hand; empty if there is nothing to say
 * @param changes what to do, in order; nothing if it is as expected, or if only somebody else can fix it
 */
public record Diff(ResourceState state, String remark, List<Change> changes) {

    static Diff ok() {
        return ok("");
    }

    static Diff ok(String remark) {
        return new Diff(ResourceState.OK, remark, List.of());
    }

    static Diff missing(Change... changes) {
        return new Diff(ResourceState.MISSING, "", List.of(changes));
    }

    static Diff missing(String remark, Change... changes) {
        return new Diff(ResourceState.MISSING, remark, List.of(changes));
    }

    static Diff different(String remark, List<Change> changes) {
        return new Diff(ResourceState.DIFFERENT, remark, changes);
    }

    /** Nothing that Caravan would change by itself: the remark says what to do. */
    static Diff byHand(String remark) {
        return new Diff(ResourceState.DIFFERENT, remark, List.of());
    }
}
