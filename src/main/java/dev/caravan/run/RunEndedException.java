package dev.caravan.run;

/** This attempt may not go on: it was cancelled, has timed out, or its run belongs to another process by now. */
public class RunEndedException extends RuntimeException {

    public RunEndedException(String message) {
        super(message);
    }
}
