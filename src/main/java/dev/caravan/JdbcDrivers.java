package dev.caravan;

import java.io.IOException;
import java.net.URL;
import java.sql.DriverManager;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * The drivers that {@link DriverManager} knows. It loads whatever it finds when it is first used, and Snowflake's are 900
 * classes, a fifth of a second, which no command needs that does not talk to Snowflake; who does loads it himself.
 */
final class JdbcDrivers {

    private static final String SNOWFLAKE = "snowflake-jdbc";

    private JdbcDrivers() {}

    /** Lets the manager find all drivers but Snowflake's. */
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
