package dev.caravan.pipeline;

import java.util.concurrent.CompletableFuture;

/** The early end of a run: requested once, by whoever is first; the run and its attempt act on it. */
final class RunEnd {

    /** The reason of a run that was cancelled through the ledger. */
    static final String CANCELLED = "it was cancelled";

    /**
     * Why the run ends early.
     *
     * @param lost whether the lease was lost: the ledger accepts no writes about the run from this process
     * @param processEnds whether that is because the process ends
     */
    record Request(String reason, boolean lost, boolean processEnds) {}

    private final CompletableFuture<Request> request = new CompletableFuture<>();

    /** Requests cancellation. */
    void cancel(String reason) {
        request.complete(new Request(reason, false, false));
    }

    /** Requests the end because the pipeline or the process stops. */
    void stop(String reason, boolean processEnds) {
        request.complete(new Request(reason, false, processEnds));
    }

    /** Requests the end because the lease was lost. */
    void lost(String reason) {
        request.complete(new Request(reason, true, false));
    }

    boolean isRequested() {
        return request.isDone();
    }

    /** The request, once {@link #isRequested}. */
    Request get() {
        return request.join();
    }

    /** Completes when the end is requested. */
    CompletableFuture<Request> requested() {
        return request;
    }
}
