package dev.caravan.warehouse.snowflake;

import dev.caravan.run.Run;
import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.HeldConnection;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import java.nio.file.Path;
import java.sql.SQLException;

/** A Snowflake account as the warehouse. */
public final class SnowflakeEngine implements Engine {

    private static final String TAG = "caravan";

    private final Snowflake account;
    private final Path directory;

    /**
     * @param account the account
     * @param directory the directory in whose {@code .staging} rows wait for their upload
     */
    public SnowflakeEngine(Snowflake account, Path directory) {
        this.account = account;
        this.directory = directory;
    }

    @Override
    public Dialect dialect() {
        return SnowflakeDialect.INSTANCE;
    }

    @Override
    public LoadSession connect(TableName table, Run run) throws SQLException {
        return new SnowflakeSession(
                new HeldConnection(account.connect(run == null ? TAG : tag(run)), run), directory, table);
    }

    private static String tag(Run run) {
        return TAG + ":" + run.pipeline() + "/" + run.id();
    }

    @Override
    public QueryResult query(String sql, Run run) throws SQLException {
        SnowflakeQuery.check(sql);
        return SnowflakeQuery.run(
                new HeldConnection(account.connect(run == null ? TAG + ":sql" : tag(run)), run),
                sql,
                failure -> explain("The query", failure));
    }

    @Override
    public String namespace() {
        return "snowflake://" + account.getHost().replaceAll("^http://|\\.snowflakecomputing\\.com$", "");
    }

    @Override
    public RuntimeException explain(String action, SQLException failure) {
        return SnowflakeErrors.explain(action, failure, account);
    }

    @Override
    public void close() {
        account.close();
    }
}
