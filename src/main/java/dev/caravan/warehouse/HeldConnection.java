package dev.caravan.warehouse;

import dev.caravan.run.Run;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.apache.commons.dbcp2.AbandonedTrace;
import org.apache.commons.dbcp2.DelegatingConnection;

/** A connection whose statements are cancelled if the attempt that it works for ends. */
public final class HeldConnection extends DelegatingConnection<Connection> {

    private final Run.Registration held;

    /** @param run the run that it works for, or null */
    public HeldConnection(Connection connection, Run run) {
        super(connection);
        this.held = run == null ? () -> {} : run.onEnd(this::cancel);
    }

    private void cancel() throws SQLException {
        for (AbandonedTrace trace : getTrace()) {
            if (trace instanceof Statement statement) {
                statement.cancel();
            }
        }
    }

    /** Says that it does not work for the run any more, and leaves it open. */
    public void release() {
        held.close();
    }

    @Override
    public void close() throws SQLException {
        release();
        super.close();
    }
}
