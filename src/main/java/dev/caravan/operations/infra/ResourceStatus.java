package dev.caravan.operations.infra;

import java.util.List;

/**
 * The outcome of plan or apply for one resource.
 *
 * @param resource its name, as in {@code warehouse LOADING}
 * @param remark what differs, or what must be done by hand; empty if nothing
 * @param changes the statements and calls that were run, or would be
 */
public record ResourceStatus(String resource, ResourceState state, String remark, List<String> changes) {

    static ResourceStatus of(Resource resource, Diff diff) {
        return of(resource, diff.state(), diff.remark(), diff.changes());
    }

    static ResourceStatus of(Resource resource, ResourceState state, String remark, List<Change> changes) {
        return new ResourceStatus(
                resource.name(),
                state,
                remark,
                changes.stream().map(Change::description).toList());
    }
}
