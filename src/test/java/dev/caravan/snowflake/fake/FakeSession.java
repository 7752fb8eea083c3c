package dev.caravan.snowflake.fake;

import dev.caravan.snowflake.fake.Token.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A session with its current objects, transaction and temporary tables. Runs statements in DuckDB. */
public final class FakeSession implements AutoCloseable {

    private static final Pattern ROW_OF_VALUES = Pattern.compile("VALUES (\\( \\?(?: , \\?)* \\))$");

    private final long id;
    private final Storage storage;
    private final Connection connection;
    private final Map<String, String> parameters = new HashMap<>();
    private final Map<List<String>, String> temporaries = new HashMap<>();
    private final Map<List<String>, Storage.Stage> temporaryStages = new HashMap<>();

    private String user;
    private String role;
    private String warehouse;
    private String database;
    private String schema;

    private boolean inTransaction;
    private long seen;

    /** The work of the open transaction, replayed if DuckDB aborts it because one statement failed. */
    private final List<Work> done = new ArrayList<>();

    /** Actions to run at commit. */
    private final List<Runnable> atCommit = new ArrayList<>();

    private volatile Statement running;

    FakeSession(long id, Storage storage) {
        this.id = id;
        this.storage = storage;
        try {
            connection = storage.connect();
            for (String macro : SqlTranslator.MACROS) {
                duck("CREATE TEMP MACRO " + macro);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("The fake of Snowflake cannot open a session", e);
        }
    }

    /** A piece of work in a transaction. */
    @FunctionalInterface
    interface Work {
        Reply run() throws SQLException;
    }

    long id() {
        return id;
    }

    Storage storage() {
        return storage;
    }

    /** Returns the session parameters, by name in upper case. */
    public Map<String, String> parameters() {
        return parameters;
    }

    public String user() {
        return user;
    }

    String role() {
        return role;
    }

    String warehouse() {
        return warehouse;
    }

    String database() {
        return database;
    }

    String schema() {
        return schema;
    }

    void user(String name) {
        user = name;
    }

    void role(String name) {
        role = name;
    }

    void warehouse(String name) {
        warehouse = name;
    }

    /** Sets the current database and schema, or null. */
    void use(String newDatabase, String newSchema) throws SQLException {
        database = newDatabase;
        schema = newSchema;
        duck(
                newSchema == null
                        ? "USE memory"
                        : "USE " + DuckDbNames.quote(newDatabase) + "." + DuckDbNames.quote(newSchema));
    }

    boolean hasSchema(String inDatabase, String name) throws SQLException {
        return !query("SELECT 1 FROM duckdb_schemas() WHERE database_name = "
                        + DuckDbNames.literal(DuckDbNames.encode(inDatabase))
                        + (name == null ? "" : " AND schema_name = " + DuckDbNames.literal(DuckDbNames.encode(name))))
                .isEmpty();
    }

    /** Completes a name by the current database and schema. */
    List<String> resolve(List<String> name) {
        List<String> full = new ArrayList<>(name);
        if (full.size() < 2) {
            if (schema == null) {
                throw new StatementError(
                        database == null ? 90105 : 90106,
                        "22000",
                        "Cannot perform operation. This session does not have a current "
                                + (database == null ? "database" : "schema") + ". Call 'USE "
                                + (database == null ? "DATABASE" : "SCHEMA") + "', or use a qualified name.");
            }
            full.add(0, schema);
        }
        if (full.size() < 3) {
            if (database == null) {
                throw new StatementError(
                        90105,
                        "22000",
                        "Cannot perform operation. This session does not have a current database."
                                + " Call 'USE DATABASE', or use a qualified name.");
            }
            full.add(0, database);
        }
        return List.copyOf(full);
    }

    /** Returns the name in DuckDB of a temporary table, or null if it does not exist. */
    String temporary(List<String> name) {
        return temporaries.isEmpty() || (name.size() < 3 && schema == null) ? null : temporaries.get(resolve(name));
    }

    /** Returns the name of a table in DuckDB. */
    String duckName(List<String> full) {
        String temporary = temporaries.get(full);
        return temporary != null
                ? temporary
                : DuckDbNames.quote(full.get(0)) + "." + DuckDbNames.quote(full.get(1)) + "."
                        + DuckDbNames.quote(full.get(2));
    }

    /** Returns the value of a context function such as CURRENT_USER() as SQL, or null for other functions. */
    String context(String function) {
        return switch (function) {
            case "CURRENT_USER" -> text(user);
            case "CURRENT_ROLE" -> text(role);
            case "CURRENT_WAREHOUSE" -> text(warehouse);
            case "CURRENT_DATABASE" -> text(database);
            case "CURRENT_SCHEMA" -> text(schema);
            case "CURRENT_SESSION" -> text(String.valueOf(id));
            case "CURRENT_VERSION" -> text("9.99.0");
            case "CURRENT_ACCOUNT", "CURRENT_ACCOUNT_NAME" -> text("DOUBLE");
            case "CURRENT_REGION" -> text("LOCAL");
            case "CURRENT_TRANSACTION" -> text(inTransaction ? "1" : null);
            case "CURRENT_TIMESTAMP", "GETDATE", "LOCALTIMESTAMP" -> "now()";
            case "CURRENT_DATE" -> "current_date";
            case "LAST_QUERY_ID" -> text(parameters.get("LAST_QUERY_ID"));
            default -> null;
        };
    }

    private static String text(String value) {
        return value == null ? "CAST(NULL AS VARCHAR)" : DuckDbNames.literal(value);
    }

    /** Returns a view of INFORMATION_SCHEMA as a relation of DuckDB. */
    String informationSchema(List<String> name) {
        return Metadata.informationSchema(this, name);
    }

    // statements

    /** Runs a statement. */
    public synchronized Reply execute(String sql, List<Binding> bindings) {
        List<Token> tokens = Token.of(sql);
        if (tokens.isEmpty()) {
            throw new StatementError(900, "42601", "SQL compilation error:\nEmpty SQL statement.");
        }
        try {
            return execute(sql, tokens, bindings);
        } catch (SQLException e) {
            throw StatementError.of(e);
        }
    }

    private Reply execute(String sql, List<Token> tokens, List<Binding> bindings) throws SQLException {
        Token first = tokens.get(0);
        return switch (first.value()) {
            case "BEGIN", "START" -> begin();
            case "COMMIT" -> commit();
            case "ROLLBACK" -> rollback();
            case "USE" -> use(tokens);
            case "ALTER" ->
                tokens.size() > 1 && tokens.get(1).is("SESSION")
                        ? alterSession(tokens)
                        : new DdlStatements(this).alter(tokens);
            case "CREATE" -> new DdlStatements(this).create(tokens);
            case "DROP" -> new DdlStatements(this).drop(tokens);
            case "COMMENT" -> Reply.status("Statement executed successfully.");
            case "SHOW" -> Metadata.show(this, tokens);
            case "DESC", "DESCRIBE" -> Metadata.describe(this, tokens);
            case "SELECT", "WITH", "VALUES", "(", "EXPLAIN" -> read(() -> select(sql, tokens, bindings));
            case "INSERT" -> insert(tokens, bindings);
            case "UPDATE" -> change(Reply.UPDATE, tokens, 1, bindings);
            case "DELETE" -> change(Reply.DELETE, tokens, 2, bindings);
            case "MERGE" -> merge(tokens, bindings);
            case "TRUNCATE" -> truncate(tokens);
            case "LIST", "LS" -> Stages.list(this, sql);
            case "REMOVE", "RM" -> Stages.remove(this, sql);
            case "COPY" -> CopyInto.run(this, tokens);
            default ->
                throw StatementError.syntax("syntax error line 1 at position 0 unexpected '" + first.text() + "'.");
        };
    }

    private Reply use(List<Token> tokens) throws SQLException {
        String kind = tokens.get(1).value();
        boolean named =
                tokens.size() > 2 && tokens.get(2).isName() && tokens.get(1).kind() == Kind.WORD;
        List<String> name = SqlTranslator.nameAt(tokens, named ? 2 : 1).stream()
                .map(Token::value)
                .toList();
        if (named && kind.equals("ROLE")) {
            role = name.get(0);
        } else if (named && kind.equals("WAREHOUSE")) {
            warehouse = name.get(0);
        } else if (!(named && kind.equals("SECONDARY"))) {
            useDatabaseOrSchema(named && kind.equals("SCHEMA"), name);
        }
        return Reply.status(Reply.USE, "Statement executed successfully.");
    }

    private void useDatabaseOrSchema(boolean isSchema, List<String> name) throws SQLException {
        String toDatabase = name.size() > 1 || !isSchema ? name.get(0) : database;
        String toSchema = name.size() > 1 ? name.get(1) : isSchema ? name.get(0) : null;
        if (toDatabase == null || !hasSchema(toDatabase, toSchema)) {
            throw new StatementError(
                    2043, "02000", "SQL compilation error:\nObject does not exist, or operation cannot be performed.");
        }
        if (toSchema == null && hasSchema(toDatabase, "PUBLIC")) {
            toSchema = "PUBLIC";
        }
        use(toDatabase, toSchema);
    }

    private Reply alterSession(List<Token> tokens) throws SQLException {
        if (tokens.get(2).is("SET")) {
            for (int i = 3; i + 2 < tokens.size(); i += 3) {
                String name = tokens.get(i).value();
                String value = tokens.get(i + 2).value();
                parameters.put(name, value);
                if (name.equals("AUTOCOMMIT") && value.equalsIgnoreCase("true") && inTransaction) {
                    commit();
                }
                if (i + 3 < tokens.size() && tokens.get(i + 3).is(",")) {
                    i++;
                }
            }
        } else {
            tokens.subList(3, tokens.size()).forEach(token -> parameters.remove(token.value()));
        }
        return Reply.status(Reply.USE, "Statement executed successfully.");
    }

    // transactions

    private Reply begin() throws SQLException {
        if (!inTransaction) {
            duck("BEGIN");
            seen = storage.commits.get();
            inTransaction = true;
        }
        return Reply.status(Reply.TRANSACTION, "Statement executed successfully.");
    }

    /** Commits the open transaction, if any. */
    Reply commit() throws SQLException {
        if (inTransaction) {
            inTransaction = false;
            done.clear();
            List<Runnable> todo = List.copyOf(atCommit);
            atCommit.clear();
            try {
                duck("COMMIT");
                todo.forEach(Runnable::run);
            } finally {
                storage.commits.incrementAndGet();
                storage.unlock(this);
            }
        }
        return Reply.status(Reply.TRANSACTION, "Statement executed successfully.");
    }

    private Reply rollback() throws SQLException {
        if (inTransaction) {
            inTransaction = false;
            done.clear();
            atCommit.clear();
            duck("ROLLBACK");
            storage.unlock(this);
        }
        return Reply.status(Reply.TRANSACTION, "Statement executed successfully.");
    }

    /** Runs an action when the transaction commits. */
    void atCommit(Runnable todo) {
        atCommit.add(todo);
    }

    /** Runs a query. */
    Reply read(Work work) throws SQLException {
        if (!inTransaction) {
            return work.run();
        }
        refresh();
        try {
            return work.run();
        } catch (SQLException | StatementError e) {
            restore();
            throw e;
        }
    }

    /** Runs a statement that changes rows, in the open transaction or in a new one. */
    Reply write(Work work) throws SQLException {
        boolean single = !inTransaction && !"false".equalsIgnoreCase(parameters.get("AUTOCOMMIT"));
        begin();
        try {
            if (!single) {
                refresh();
            }
            int committing = atCommit.size();
            Reply reply;
            try {
                reply = work.run();
            } catch (SQLException | StatementError e) {
                atCommit.subList(committing, atCommit.size()).clear();
                throw e;
            }
            if (single) {
                commit();
            } else {
                done.add(work);
            }
            return reply;
        } catch (SQLException | StatementError e) {
            if (single) {
                rollback();
            } else {
                restore();
            }
            throw e;
        }
    }

    /** Snowflake commits the open transaction before it changes any definition. */
    Reply define(Work work) throws SQLException {
        commit();
        Reply reply = work.run();
        storage.commits.incrementAndGet();
        return reply;
    }

    /** Read committed: restarts DuckDB's transaction, which has a snapshot, if others have committed since. */
    private void refresh() throws SQLException {
        if (seen != storage.commits.get()) {
            restore();
        }
    }

    /** Restarts the transaction and replays its work. */
    private void restore() throws SQLException {
        duck("ROLLBACK");
        seen = storage.commits.get();
        duck("BEGIN");
        List<Runnable> before = List.copyOf(atCommit);
        for (Work work : done) {
            work.run();
        }
        atCommit.clear();
        atCommit.addAll(before);
    }

    /** Locks a table unless it is temporary. */
    void lock(List<String> table) {
        if (!temporaries.containsKey(table)) {
            storage.lock(table, this);
        }
    }

    // rows

    private Reply select(String sql, List<Token> tokens, List<Binding> bindings) throws SQLException {
        if (tokens.get(0).is("SELECT", "WITH")
                && warehouse == null
                && tokens.stream().anyMatch(t -> t.is("FROM"))) {
            needWarehouse();
        }
        try (PreparedStatement statement = prepare(SqlTranslator.translate(this, tokens), bindings)) {
            running = statement;
            try (ResultSet rows = statement.executeQuery()) {
                ResultSetMetaData meta = rows.getMetaData();
                List<Reply.Column> columns = columns(meta, Metadata.names(sql, tokens, meta.getColumnCount()));
                List<List<String>> values = new ArrayList<>();
                int indent = Integer.parseInt(parameters.getOrDefault("JSON_INDENT", "2"));
                while (rows.next()) {
                    String[] row = new String[columns.size()];
                    for (int i = 0; i < row.length; i++) {
                        row[i] = FakeTypes.encode(rows, i + 1, columns.get(i).type(), indent);
                    }
                    values.add(Arrays.asList(row));
                }
                return new Reply(Reply.SELECT, columns, values);
            } finally {
                running = null;
            }
        }
    }

    void needWarehouse() {
        if (warehouse == null) {
            throw new StatementError(
                    606,
                    "57P03",
                    "No active warehouse selected in the current session.  Select an active warehouse with the 'use"
                            + " warehouse' command.");
        }
    }

    private static List<Reply.Column> columns(ResultSetMetaData meta, List<String> names) throws SQLException {
        List<Reply.Column> columns = new ArrayList<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            String name = names.isEmpty() || names.get(i - 1) == null
                    ? DuckDbNames.decode(meta.getColumnLabel(i))
                    : names.get(i - 1);
            columns.add(FakeTypes.column(meta, i, name));
        }
        return columns;
    }

    /** Describes the result of a statement without running it. */
    synchronized Reply describe(String sql) {
        List<Token> tokens = Token.of(sql);
        int type =
                switch (tokens.get(0).value()) {
                    case "INSERT" -> Reply.INSERT;
                    case "UPDATE" -> Reply.UPDATE;
                    case "DELETE" -> Reply.DELETE;
                    case "MERGE" -> Reply.MERGE;
                    case "SELECT", "WITH", "VALUES", "(" -> Reply.SELECT;
                    default -> Reply.DDL;
                };
        if (type != Reply.SELECT) {
            return new Reply(type, List.of(Reply.Column.text("status")), List.of());
        }
        try {
            return read(() -> {
                try (PreparedStatement statement = connection.prepareStatement(SqlTranslator.translate(this, tokens))) {
                    ResultSetMetaData meta = statement.getMetaData();
                    return new Reply(
                            type, columns(meta, Metadata.names(sql, tokens, meta.getColumnCount())), List.of());
                }
            });
        } catch (SQLException e) {
            throw StatementError.of(e);
        }
    }

    private Reply insert(List<Token> tokens, List<Binding> bindings) throws SQLException {
        needWarehouse();
        boolean overwrite = tokens.get(1).is("OVERWRITE");
        int into = overwrite ? 2 : 1;
        if (!tokens.get(into).is("INTO")) {
            throw StatementError.unsupported("INSERT " + tokens.get(into).text());
        }
        refuseFunctionsInValues(tokens);
        List<Token> name = SqlTranslator.nameAt(tokens, into + 1);
        List<String> table = resolve(name.stream().map(Token::value).toList());
        checkTypes(table, tokens.subList(into + 2 * name.size(), tokens.size()), bindings);
        if (!overwrite) {
            return write(() -> Reply.counts(
                    Reply.INSERT, "number of rows inserted", update(SqlTranslator.translate(this, tokens), bindings)));
        }
        lock(table);
        // the rows may come from the table itself, so they are read before it is emptied
        int source = into + 2 * name.size();
        List<Token> columns = List.of();
        if (tokens.get(source).is("(")) {
            int end = source;
            while (!tokens.get(end).is(")")) {
                end++;
            }
            columns = tokens.subList(source, end + 1);
            source = end + 1;
        }
        String rows = SqlTranslator.translate(this, tokens.subList(source, tokens.size()));
        String target = duckName(table) + " " + SqlTranslator.translate(this, columns);
        return write(() -> {
            update("CREATE TEMP TABLE _overwrite AS " + rows, bindings);
            duck("DELETE FROM " + duckName(table));
            long inserted = duck("INSERT INTO " + target + " SELECT * FROM temp.main._overwrite");
            duck("DROP TABLE temp.main._overwrite");
            return Reply.counts(Reply.INSERT, "number of rows inserted", inserted);
        });
    }

    /** Rejects text for VARIANT and BINARY columns: Snowflake does not cast it implicitly. */
    private void checkTypes(List<String> table, List<Token> rest, List<Binding> bindings) throws SQLException {
        List<String> given = new ArrayList<>();
        int close = rest.get(0).is("(") ? StatementOptions.close(rest, 0) : -1;
        List<Token> source = rest.subList(close + 1, rest.size());
        if (source.get(0).is("SELECT", "WITH") && bindings.isEmpty()) {
            read(() -> {
                try (PreparedStatement statement = connection.prepareStatement(SqlTranslator.translate(this, source))) {
                    ResultSetMetaData meta = statement.getMetaData();
                    for (int i = 1; i <= meta.getColumnCount(); i++) {
                        given.add(meta.getColumnTypeName(i));
                    }
                }
                return null;
            });
        } else if (source.get(0).is("VALUES")) {
            bindings.forEach(binding -> given.add(binding.type().equals("TEXT") ? "VARCHAR" : ""));
        }
        List<Metadata.Column> columns = Metadata.columns(this, table);
        List<String> names = close < 0
                ? columns.stream().map(Metadata.Column::name).toList()
                : rest.subList(1, close).stream()
                        .filter(Token::isName)
                        .map(Token::value)
                        .toList();
        for (int i = 0; i < Math.min(given.size(), names.size()); i++) {
            String name = names.get(i);
            boolean mismatch = given.get(i).equals("VARCHAR")
                    && columns.stream()
                            .anyMatch(column ->
                                    column.name().equals(name) && column.type().matches("VARIANT|BINARY.*"));
            if (mismatch) {
                throw new StatementError(
                        2023,
                        "22000",
                        "SQL compilation error:\nExpression type does not match column data type, expecting VARIANT or BINARY"
                                + " but got VARCHAR(16777216) for column " + name);
            }
        }
    }

    /** Rejects semi-structured functions in VALUES, as Snowflake does. */
    private static void refuseFunctionsInValues(List<Token> tokens) {
        boolean values = false;
        for (Token token : tokens) {
            values = (values || token.is("VALUES")) && !token.is("SELECT");
            if (values
                    && token.is("PARSE_JSON", "TRY_PARSE_JSON", "TO_VARIANT", "OBJECT_CONSTRUCT", "ARRAY_CONSTRUCT")) {
                throw new StatementError(
                        2014,
                        "22000",
                        "SQL compilation error:\nInvalid expression [" + token.value() + "(...)] in VALUES clause");
            }
        }
    }

    private Reply change(int type, List<Token> tokens, int nameAt, List<Binding> bindings) throws SQLException {
        needWarehouse();
        lock(table(tokens, nameAt));
        return write(() -> {
            long changed = update(SqlTranslator.translate(this, tokens), bindings);
            return type == Reply.UPDATE
                    ? Reply.counts(type, "number of rows updated", changed, "number of multi-joined rows updated", 0)
                    : Reply.counts(type, "number of rows deleted", changed);
        });
    }

    private Reply merge(List<Token> tokens, List<Binding> bindings) throws SQLException {
        needWarehouse();
        lock(table(tokens, 2));
        return write(() -> {
            Map<String, Long> counts = new HashMap<>();
            try (PreparedStatement statement =
                            prepare(SqlTranslator.translate(this, tokens) + " RETURNING merge_action", bindings);
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    counts.merge(rows.getString(1).toUpperCase(Locale.ROOT), 1L, Long::sum);
                }
            }
            List<Object> result = new ArrayList<>();
            for (String action : List.of("INSERT", "UPDATE", "DELETE")) {
                if (tokens.stream().anyMatch(token -> token.is(action))) {
                    String past = action.toLowerCase(Locale.ROOT) + (action.endsWith("E") ? "d" : "ed");
                    result.add("number of rows " + past);
                    result.add(counts.getOrDefault(action, 0L));
                }
            }
            return Reply.counts(Reply.MERGE, result.toArray());
        });
    }

    private Reply truncate(List<Token> tokens) throws SQLException {
        int at = tokens.get(1).is("TABLE") ? 2 : 1;
        at += tokens.get(at).is("IF") ? 2 : 0;
        List<String> table = table(tokens, at);
        lock(table);
        return write(() -> {
            duck("DELETE FROM " + duckName(table));
            atCommit(() -> storage.forget(table));
            return Reply.status("Statement executed successfully.");
        });
    }

    private List<String> table(List<Token> tokens, int at) {
        return resolve(
                SqlTranslator.nameAt(tokens, at).stream().map(Token::value).toList());
    }

    // DuckDB

    private long update(String sql, List<Binding> bindings) throws SQLException {
        int rows = bindings.stream()
                .filter(Binding::array)
                .mapToInt(binding -> binding.values().size())
                .findFirst()
                .orElse(1);
        // all rows in one statement: one each would be slow
        Matcher values = ROW_OF_VALUES.matcher(sql);
        int atOnce = rows > 1 && values.find() ? Math.min(rows, 1 + 2000 / bindings.size()) : 1;
        long changed = 0;
        int row = 0;
        while (row < rows) {
            int count = Math.min(atOnce, rows - row);
            String several = count == 1 ? sql : sql + (", " + values.group(1)).repeat(count - 1);
            try (PreparedStatement statement = connection.prepareStatement(several)) {
                running = statement;
                for (; row + count <= rows; row += count) {
                    for (int i = 0; i < count; i++) {
                        bind(statement, bindings, row + i, i * bindings.size());
                    }
                    changed += Math.max(statement.executeUpdate(), 0);
                }
            } finally {
                running = null;
            }
        }
        return changed;
    }

    private static void bind(PreparedStatement statement, List<Binding> bindings, int row, int offset)
            throws SQLException {
        for (int i = 0; i < bindings.size(); i++) {
            Object value = bindings.get(i).value(row);
            if (value instanceof byte[] bytes) {
                statement.setBytes(offset + i + 1, bytes);
            } else {
                statement.setObject(offset + i + 1, value);
            }
        }
    }

    private PreparedStatement prepare(String sql, List<Binding> bindings) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            bind(statement, bindings, 0, 0);
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    /** Runs DuckDB SQL and returns the number of rows changed. */
    long duck(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            running = statement;
            return statement.execute(sql) ? 0 : Math.max(statement.getUpdateCount(), 0);
        } finally {
            running = null;
        }
    }

    /** Runs a query in DuckDB SQL. */
    List<List<Object>> query(String sql) throws SQLException {
        return query(connection, sql);
    }

    /** Reads all rows of a query. */
    static List<List<Object>> query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<List<Object>> result = new ArrayList<>();
            while (rows.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(rows.getObject(i));
                }
                result.add(row);
            }
            return result;
        }
    }

    Connection connection() {
        return connection;
    }

    /** Returns the stage of that name, or null. */
    Storage.Stage stage(List<String> name) {
        Storage.Stage temporary = temporaryStages.get(name);
        return temporary != null ? temporary : storage.stages.get(name);
    }

    void addStage(Storage.Stage stage, boolean temporary) {
        (temporary ? temporaryStages : storage.stages).put(stage.name(), stage);
    }

    void dropStage(List<String> name) {
        Storage.Stage stage =
                temporaryStages.containsKey(name) ? temporaryStages.remove(name) : storage.stages.remove(name);
        stage.delete();
    }

    void addTemporary(List<String> table, String duckName) {
        temporaries.put(table, duckName);
    }

    void dropTemporary(List<String> table) {
        temporaries.remove(table);
    }

    Set<List<String>> temporaries() {
        return new HashSet<>(temporaries.keySet());
    }

    /** Cancels the running statement. */
    void cancel() {
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public synchronized void close() {
        try {
            if (inTransaction) {
                rollback();
            }
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("The fake of Snowflake cannot close a session", e);
        } finally {
            storage.unlock(this);
            temporaryStages.values().forEach(Storage.Stage::delete);
            temporaryStages.clear();
        }
    }
}
