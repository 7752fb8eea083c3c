package bench;

/** The limit: the bytes of PostgreSQL's COPY as its driver hands them on, which nobody reads. */
final class CopyPeer implements Peer {

    private final Source source;
    private final String format;

    CopyPeer(Source source, String format) {
        this.source = source;
        this.format = format;
    }

    @Override
    public String name() {
        return "copy-" + format;
    }

    @Override
    public boolean can(Load load) {
        return !load.merge();
    }

    @Override
    public boolean writes() {
        return false;
    }

    @Override
    public Taken load(Load load) throws Exception {
        return new Taken(source.copy(load.query(), "FORMAT " + format, load.table().rows()), Double.NaN, Double.NaN, 0);
    }
}
