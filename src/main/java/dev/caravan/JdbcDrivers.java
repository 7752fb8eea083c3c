package dev.caravan;

import java.io.IOException;
import java.net.URL;
import java.sql.DriverManager;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * Loads the JDBC drivers except Snowflake's. {@link DriverManager} loads all drivers on first use, and Snowflake's 900
 * classes take nearly as long as all others together; the code that connects to Snowflake loads them itself.
 */
final class JdbcDrivers {

    private static final String SNOWFLAKE = "snowflake-jdbc";

    private JdbcDrivers() {}

    /** Registers all drivers except Snowflake's. */
    static void load() {
        Thread thread = Thread.currentThread();
        ClassLoader usual = thread.getContextClassLoader();
        thread.setContextClassLoader(new ClassLoader(usual) {
            @Override
            public Enumeration<URL> getResources(String name) throws IOException {
                List<URL> found = Collections.list(super.getResources(name));
                found.removeIf(url -> url.getPath().contains(SNOWFLAKE));
                return Collections.enumeration(found);
            }
        });
        try {
            DriverManager.getDrivers();
        } finally {
            thread.setContextClassLoader(usual);
        }
    }
}
