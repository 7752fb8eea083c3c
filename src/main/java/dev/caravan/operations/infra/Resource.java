package dev.caravan.operations.infra;

/** Something that Caravan needs in an account. */
public interface Resource {

    /** Whose account. */
    enum Place {
        SNOWFLAKE,
        AWS
    }

    /** What it is, as in {@code warehouse LOADING}. */
    String name();

    Place place();

    /** Looks how it is; changes nothing. */
    Diff diff();
}
