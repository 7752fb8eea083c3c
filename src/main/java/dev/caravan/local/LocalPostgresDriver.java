package dev.caravan.local;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JDBC driver of the local PostgreSQL: {@code jdbc:local:postgresql[:DIRECTORY][?PARAMETERS]}. The first connection
 * starts the server. The directory is {@code data/postgres} if not given; parameters are those of PostgreSQL's driver,
 * and without a user it is {@code caravan_reader}, who may read the tables of the shop and nothing else.
 */
public final class LocalPostgresDriver implements Driver {

    private static final String PREFIX = "jdbc:local:postgresql";
    private static final Pattern PARAMETER = Pattern.compile("([^?&=]+)=([^&]*)");
    private static final String DEFAULT_DIRECTORY = "data/postgres";

    static {
        try {
            DriverManager.registerDriver(new LocalPostgresDriver());
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public boolean acceptsURL(String url) {
        return url.startsWith(PREFIX);
    }

    @Override
    public Connection connect(String url, Properties info) throws SQLException {
        if (!acceptsURL(url)) {
            return null;
        }
        String rest = url.substring(PREFIX.length());
        int question = rest.indexOf('?');
        String directory = question < 0 ? rest : rest.substring(0, question);
        Properties parameters = new Properties();
        Matcher parameter = PARAMETER.matcher(question < 0 ? "" : rest.substring(question));
        while (parameter.find()) {
            parameters.setProperty(parameter.group(1), URLDecoder.decode(parameter.group(2), StandardCharsets.UTF_8));
        }
        parameters.putAll(info);
        try {
            return LocalPostgres.at(Path.of(directory.isEmpty() ? DEFAULT_DIRECTORY : directory.substring(1)))
                    .connect(parameters);
        } catch (RuntimeException e) {
            throw new SQLException("The local PostgreSQL cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
        return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
        return 1;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }
}
