package dev.caravan.operations.infra;

/** One change to a resource: a statement for Snowflake, or a call of AWS. */
public interface Change {

    /** Returns the statement, or describes the call. */
    String description();

    /**
     * Makes the change.
     *
     * @throws RuntimeException with a sentence for the operator if it fails
     */
    void apply();
}
