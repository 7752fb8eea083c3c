package dev.caravan.operations.doctor;

import dev.caravan.operations.Settings;
import dev.caravan.operations.infra.AccountConnection;
import dev.caravan.operations.infra.AwsClients;
import dev.caravan.operations.infra.InfraSettings;
import java.sql.Connection;
import java.sql.SQLException;

/** The settings, connections and clients that the checks share. */
final class DoctorContext implements AutoCloseable {

    private final Settings settings;
    private final AwsClients aws;
    private Connection connection;
    private InfraSettings names;

    DoctorContext(Settings settings) {
        this.settings = settings;
        this.aws = new AwsClients(settings);
    }

    Settings settings() {
        return settings;
    }

    AwsClients aws() {
        return aws;
    }

    /** Returns the names of the objects in Snowflake and AWS. */
    InfraSettings names() {
        if (names == null) {
            names = InfraSettings.of(settings);
        }
        return names;
    }

    /** Logs in to Snowflake. */
    void logIn() throws SQLException {
        connection = settings.snowflake().connect("caravan:doctor");
    }

    /** Returns the connection to Snowflake, after the login. */
    AccountConnection snowflake() {
        return new AccountConnection(connection);
    }

    @Override
    public void close() {
        aws.close();
        if (connection != null) {
            AccountConnection.close(connection);
        }
    }
}
