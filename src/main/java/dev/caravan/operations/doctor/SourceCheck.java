package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.Settings;
import dev.caravan.run.Secrets;
import dev.caravan.run.SqlState;
import dev.caravan.source.SqlErrors;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Checks the login to a database that routes read from.
 *
 * @param used whether a route uses it
 */
record SourceCheck(DoctorContext context, JdbcSource source, boolean used) implements Check {

    private static final String POSTGRES = "jdbc:(?:local:)?postgresql.*";

    @Override
    public String name() {
        return "data source " + source.bean();
    }

    @Override
    public Finding run() {
        if (!used) {
            return notApplicable("not used by any route");
        } else if (source.url() == null) {
            return notChecked("its settings have no JDBC URL; caravan run shows whether the login works");
        }
        Settings settings = context.settings();
        String url = settings.get(source.url());
        if (url == null) {
            return Cause.SETTING_WRONG.found(
                    source.url() + " is not set", "set it to a URL such as jdbc:postgresql://host:5432/database");
        }
        // the rest can contain a password
        String place = url.replaceFirst("[?;].*", "").replaceFirst("//[^/]*@", "//");
        Properties properties = source.login(settings);
        if (url.matches(POSTGRES)) {
            properties.setProperty("connectTimeout", "10");
            properties.setProperty("loginTimeout", "10");
        }
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            return pass(place + ", version " + connection.getMetaData().getDatabaseProductVersion());
        } catch (SQLException e) {
            return explain(url.matches(POSTGRES), place, e);
        }
    }

    private Finding explain(boolean postgres, String place, SQLException e) {
        if (SqlErrors.isUnknownAddress(e)) {
            return Cause.SETTING_WRONG.found(
                    "no JDBC driver accepts the URL in " + source.url(),
                    "write it as jdbc:postgresql://host:5432/database, with user and password in separate settings");
        }
        String state = SqlState.of(e);
        String found = place + ": "
                + Secrets.mask(String.valueOf(e.getMessage())).strip().replaceAll("\\s*\\R\\s*", "; ");
        if (!postgres) {
            return Cause.SOURCE_FAILED.found(
                    found, "check " + String.join(", ", source.settings()) + ", the network and the server");
        }
        if (state.equals("3D000")) {
            return Cause.POSTGRES_DATABASE.found(
                    found,
                    source.url().equals("postgres.url")
                            ? "check postgres.database, or the end of postgres.url"
                            : "check the end of " + source.url());
        }
        if (state.equals("53300")) {
            return Cause.POSTGRES_CONNECTIONS.found(
                    found,
                    "end idle sessions (pg_stat_activity), raise max_connections or the user's connection limit, or lower"
                            + " camel.beans." + source.bean() + ".maximumPoolSize");
        }
        if (SqlState.isLogin(e)) {
            return Cause.POSTGRES_LOGIN.found(
                    found,
                    "check "
                            + String.join(
                                    ", ",
                                    source.settings()
                                            .subList(1, source.settings().size())) + " and pg_hba.conf");
        }
        if (SqlState.isConnection(e)) {
            return Cause.POSTGRES_UNREACHABLE.found(
                    found,
                    "check host and port in " + source.url() + ", whether the server is running, and the firewall");
        }
        return Cause.POSTGRES_FAILED.found(found, null);
    }
}
