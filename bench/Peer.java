package bench;

/** Something that loads tables from PostgreSQL, or only reads them. */
interface Peer {

    String name();

    /** Whether it takes part in this. */
    default boolean can(Load load) {
        return true;
    }

    /**
     * Loads once.
     *
     * @return what it took
     */
    Taken load(Load load) throws Exception;

    /** Whether it leaves a target that can be compared. */
    default boolean writes() {
        return true;
    }

    /**
     * What a load took.
     *
     * @param wall seconds of the whole process, or of a copy
     * @param run seconds of Caravan's run alone; NaN for others
     * @param cpu seconds of CPU; NaN if not measured
     * @param megabytes the highest sum of resident memory; 0 if not measured
     */
    record Taken(double wall, double run, double cpu, long megabytes) {}
}
