package dev.caravan.operations.doctor;

import dev.caravan.operations.Settings;
import dev.caravan.operations.infra.AccountConnection;
import dev.caravan.operations.infra.AwsClients;
import dev.caravan.operations.infra.InfraSettings;
import java.sql.Connection;
import java.sql.SQLException;

/** What the checks look at: the settings, and the accounts that they lead to. A check may rely on those before it. */
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

    /** How the objects are called. */
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

    /** The account of Snowflake, after the login. */
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
