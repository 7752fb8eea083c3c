package dev.caravan.operations.infra;

import java.util.List;

/**
 * The difference between a resource and its desired state.
 *
 * @param remark what differs, or what must be done by hand; empty if nothing
 * @param changes the changes, in order; empty if nothing differs or it can only be fixed by hand
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

    /** Returns a difference that must be fixed by hand, as the remark says. */
    static Diff byHand(String remark) {
        return new Diff(ResourceState.DIFFERENT, remark, List.of());
    }
}
