package dev.caravan.local;

import java.nio.file.Path;

/** The local PostgreSQL for tests: one server per JVM, in a directory that the next build uses again. */
public final class TestPostgres {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** The unpacked programs, shared by all tests. */
    static final String BINARIES = TARGET.resolve("postgres-bin").toString();

    private static final Path DATA = Path.of(System.getProperty("caravan.test.data", TARGET + "/test-data"))
            .resolve("postgres");

    private TestPostgres() {}

    /** Makes all servers of this JVM use them. */
    static void shareBinaries() {
        System.setProperty("caravan.local.binaries", BINARIES);
    }

    /** The URL of its database, with a user who owns the shop. */
    public static String url() {
        shareBinaries();
        return "jdbc:local:postgresql:" + DATA + "?user=shop";
    }
}
