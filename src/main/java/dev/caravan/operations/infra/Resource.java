package dev.caravan.operations.infra;

/** An object that Caravan needs in Snowflake or AWS. */
public interface Resource {

    /** Where it is. */
    enum Place {
        SNOWFLAKE,
        AWS
    }

    /** Returns its name, as in {@code warehouse LOADING}. */
    String name();

    Place place();

    /** Compares it with its desired state; changes nothing. */
    Diff diff();
}
