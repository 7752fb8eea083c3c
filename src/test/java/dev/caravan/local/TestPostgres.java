package dev.caravan.local;

import java.nio.file.Path;

/** The local PostgreSQL for tests: one server per JVM, in a directory that the next build finds again. */
public final class TestPostgres {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** The unpacked programs, shared by all tests. */
    static final String BINARIES = TARGET.resolve("postgres-bin").toString();

    private TestPostgres() {}

    /** Lets all servers of this JVM use them. */
    static void shareBinaries() {
        System.setProperty("caravan.local.binaries", BINARIES);
    }

    /** An address whose user is the shop's owner and may do as it likes. */
    public static String url() {
        shareBinaries();
        return "jdbc:local:postgresql:" + TARGET.resolve("test-data/postgres") + "?user=shop";
    }
}
