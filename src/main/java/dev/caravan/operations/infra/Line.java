package dev.caravan.operations.infra;

import java.util.List;

/**
 * What there is to say about one object.
 *
 * @param object what it is, as in {@code warehouse LOADING}
 * @param remark what differs, or what somebody has to do by hand; empty if there is nothing to say
 * @param steps the statements and calls that were run, or would be
 */
public record Line(String object, State state, String remark, List<String> steps) {

    static Line of(Wanted wanted, Outlook outlook) {
        return new Line(wanted.name(), outlook.state(), outlook.remark(), texts(outlook.steps()));
    }

    static Line of(Wanted wanted, State state, String remark, List<Step> steps) {
        return new Line(wanted.name(), state, remark, texts(steps));
    }

    private static List<String> texts(List<Step> steps) {
        return steps.stream().map(Step::text).toList();
    }
}
