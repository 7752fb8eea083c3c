package dev.caravan.operations.infra;

/** One thing to do so that an object is as wanted: a statement for Snowflake, or a call of AWS. */
public interface Step {

    /** The statement, or the call in words. */
    String text();

    /** Does it; throws a sentence for the operator if it fails. */
    void run();
}
