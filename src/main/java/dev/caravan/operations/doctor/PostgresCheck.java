package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.Settings;
import dev.caravan.source.SqlErrors;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** The application's database lets us in. */
record PostgresCheck(Site site) implements Check {

    @Override
    public String name() {
        return "PostgreSQL";
    }

    @Override
    public Finding look() {
        Settings settings = site.settings();
        String url = settings.get("postgres.url");
        if (url == null) {
            return Cause.SETTING_WRONG.found(
                    "postgres.url is not set", "set it, as in jdbc:postgresql://host:5432/database");
        }
        // what follows may hold a password
        String place = url.replaceFirst("[?;].*", "").replaceFirst("//[^/]*@", "//");
        Properties properties = new Properties();
        set(properties, "user", settings.get("postgres.username"));
        set(properties, "password", settings.exact("postgres.password"));
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("loginTimeout", "10");
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            return pass(place + ", version " + connection.getMetaData().getDatabaseProductVersion());
        } catch (SQLException e) {
            return explain(place, e);
        }
    }

    private static void set(Properties properties, String name, String value) {
        if (value != null) {
            properties.setProperty(name, value);
        }
    }

    private static Finding explain(String place, SQLException e) {
        if (SqlErrors.isUnknownAddress(e)) {
            return Cause.SETTING_WRONG.found(
                    "postgres.url is an address that no JDBC driver here knows",
                    "write it as jdbc:postgresql://host:5432/database, with user and password in settings of their own");
        }
        String state = String.valueOf(e.getSQLState());
        String found = place + ": "
                + SqlErrors.masked(String.valueOf(e.getMessage())).strip().replaceAll("\\s*\\R\\s*", "; ");
        if (state.equals("3D000")) {
            return Cause.POSTGRES_DATABASE.found(found, "check postgres.database, or the end of postgres.url");
        }
        if (state.equals("53300")) {
            return Cause.POSTGRES_CONNECTIONS.found(
                    found,
                    "end idle sessions (pg_stat_activity), raise max_connections or the user's connection limit, or lower"
                            + " camel.beans.postgres.maximumPoolSize");
        }
        if (state.startsWith("28") || state.equals("08004")) {
            return Cause.POSTGRES_LOGIN.found(found, "check postgres.username, postgres.password and pg_hba.conf");
        }
        if (state.startsWith("08")) {
            return Cause.POSTGRES_UNREACHABLE.found(
                    found, "check host and port in postgres.url, whether the server runs, and the firewall");
        }
        return Cause.POSTGRES_FAILED.found(found, null);
    }
}
