package dev.caravan.snowflake.fake;

import dev.caravan.snowflake.fake.Storage.Stage;
import dev.caravan.snowflake.fake.Token.Kind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** CREATE, ALTER and DROP of databases, schemas, tables, views and stages. All of them commit first. */
final class DdlStatements {

    private final FakeSession session;

    DdlStatements(FakeSession session) {
        this.session = session;
    }

    // CREATE

    Reply create(List<Token> tokens) throws SQLException {
        int at = 1;
        boolean replace = tokens.get(at).is("OR");
        at += replace ? 2 : 0;
        boolean temporary = false;
        while (tokens.get(at).is("TEMPORARY", "TEMP", "LOCAL", "GLOBAL", "VOLATILE", "TRANSIENT", "SECURE")) {
            temporary |= tokens.get(at).is("TEMPORARY", "TEMP", "VOLATILE");
            at++;
        }
        Token kind = tokens.get(at++);
        boolean ifNotExists = tokens.get(at).is("IF");
        at += ifNotExists ? 3 : 0;
        if (!kind.is("DATABASE", "SCHEMA", "TABLE", "VIEW", "STAGE")
                || !tokens.get(at).isName()) {
            throw StatementError.unsupported("CREATE " + kind.text());
        }
        List<Token> parts = SqlTranslator.nameAt(tokens, at);
        List<String> name = parts.stream().map(Token::value).toList();
        List<Token> rest = tokens.subList(at + 2 * parts.size() - 1, tokens.size());
        boolean isTemporary = temporary;
        return session.define(() -> switch (kind.value()) {
            case "DATABASE" -> database(name.get(0), ifNotExists);
            case "SCHEMA" -> schema(name, ifNotExists);
            case "TABLE" -> table(session.resolve(name), rest, replace, isTemporary, ifNotExists);
            case "VIEW" -> view(session.resolve(name), rest, replace, ifNotExists);
            default -> stage(session.resolve(name), rest, replace, isTemporary, ifNotExists);
        });
    }

    private static Reply there(String name) {
        return Reply.status(name + " already exists, statement succeeded.");
    }

    private Reply database(String name, boolean ifNotExists) throws SQLException {
        if (session.hasSchema(name, null)) {
            if (ifNotExists) {
                return there(name);
            }
            throw StatementError.exists(name);
        }
        session.duck("ATTACH ':memory:' AS " + DuckDbNames.quote(name));
        session.duck("CREATE SCHEMA " + DuckDbNames.quote(name) + ".\"PUBLIC\"");
        session.use(name, "PUBLIC");
        return Reply.status("Database " + name + " successfully created.");
    }

    private Reply schema(List<String> name, boolean ifNotExists) throws SQLException {
        String database = name.size() > 1 ? name.get(0) : session.database();
        String schema = name.get(name.size() - 1);
        needSchema(database, null);
        if (session.hasSchema(database, schema)) {
            if (ifNotExists) {
                return there(schema);
            }
            throw StatementError.exists(schema);
        }
        session.duck("CREATE SCHEMA " + DuckDbNames.quote(database) + "." + DuckDbNames.quote(schema));
        session.use(database, schema);
        return Reply.status("Schema " + schema + " successfully created.");
    }

    private void needSchema(String database, String schema) throws SQLException {
        if (database == null) {
            throw new StatementError(
                    90105,
                    "22000",
                    "Cannot perform CREATE. This session does not have a current database. Call 'USE DATABASE', or use"
                            + " a qualified name.");
        } else if (!session.hasSchema(database, null)) {
            throw StatementError.missing("Database", database);
        } else if (schema != null && !session.hasSchema(database, schema)) {
            throw StatementError.missing("Schema", database + "." + schema);
        }
    }

    private Reply table(List<String> name, List<Token> rest, boolean replace, boolean temporary, boolean ifNotExists)
            throws SQLException {
        needSchema(name.get(0), name.get(1));
        String shown = name.get(2);
        boolean there = temporary ? session.temporaries().contains(name) : Metadata.isTable(session, name);
        if (there && ifNotExists) {
            return there(shown);
        } else if (there && !replace) {
            throw StatementError.exists(String.join(".", name));
        }
        String duckName = temporary ? "temp.main." + DuckDbNames.quote(shown) : permanent(name);
        if (temporary
                && session.temporaries().stream()
                        .anyMatch(other -> other.get(2).equals(shown) && !other.equals(name))) {
            throw StatementError.unsupported("temporary tables of the same name in two schemas: " + shown);
        }
        Map<String, String> declared = new LinkedHashMap<>();
        String create =
                "CREATE " + (replace ? "OR REPLACE " : "") + (temporary ? "TEMP " : "") + "TABLE " + duckName + " ";
        session.duck(create + content(rest, declared));
        if (temporary) {
            session.addTemporary(name, duckName);
        }
        for (Map.Entry<String, String> column : declared.entrySet()) {
            declare(duckName, column.getKey(), column.getValue());
        }
        session.storage().forget(name);
        return Reply.status("Table " + shown + " successfully created.");
    }

    private static String permanent(List<String> name) {
        return DuckDbNames.quote(name.get(0)) + "." + DuckDbNames.quote(name.get(1)) + "."
                + DuckDbNames.quote(name.get(2));
    }

    /** Creates a table from columns, a query, or another table. */
    private String content(List<Token> rest, Map<String, String> declared) throws SQLException {
        if (rest.isEmpty()) {
            throw StatementError.syntax("syntax error: the columns are missing.");
        } else if (rest.get(0).is("LIKE", "CLONE")) {
            List<String> source = session.resolve(
                    SqlTranslator.nameAt(rest, 1).stream().map(Token::value).toList());
            return "AS SELECT * FROM " + session.duckName(source) + (rest.get(0).is("LIKE") ? " LIMIT 0" : "");
        }
        int at = 0;
        String columns = "";
        if (rest.get(0).is("(")) {
            List<List<Token>> items = new ArrayList<>();
            at = items(rest, items);
            columns = columns(items, declared);
        }
        int as = at;
        while (as < rest.size() && !rest.get(as).is("AS")) {
            as++;
        }
        option(rest.subList(at, as));
        return as == rest.size()
                ? columns
                : "AS " + SqlTranslator.translate(session, rest.subList(as + 1, rest.size()));
    }

    /** Skips the options of a table that do not affect its rows. */
    private static void option(List<Token> options) {
        for (Token token : options) {
            if (token.kind() == Kind.WORD
                    && !Set.of(
                                    "COMMENT",
                                    "DATA_RETENTION_TIME_IN_DAYS",
                                    "CHANGE_TRACKING",
                                    "ENABLE_SCHEMA_EVOLUTION",
                                    "COPY",
                                    "GRANTS",
                                    "TRUE",
                                    "FALSE")
                            .contains(token.value())) {
                throw StatementError.unsupported("the option " + token.text() + " of a table");
            }
        }
    }

    /** Splits a list in parentheses and returns its end. */
    private static int items(List<Token> tokens, List<List<Token>> items) {
        int depth = 0;
        List<Token> item = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
            if (depth == 0 || (depth == 1 && token.is(","))) {
                items.add(item);
                item = new ArrayList<>();
                if (depth == 0) {
                    return i + 1;
                }
            } else if (i > 0) {
                item.add(token);
            }
        }
        throw StatementError.syntax("syntax error: ')' is missing.");
    }

    /** Snowflake does not enforce primary keys, except that their columns are NOT NULL. */
    private String columns(List<List<Token>> items, Map<String, String> declared) {
        List<String> key = new ArrayList<>();
        Map<String, String> columns = new LinkedHashMap<>();
        for (List<Token> item : items) {
            if (item.get(0).is("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN")
                    && item.get(0).kind() == Kind.WORD) {
                int open = 0;
                while (!item.get(open).is("(")) {
                    open++;
                }
                if (item.stream().anyMatch(token -> token.is("PRIMARY"))) {
                    item.subList(open, item.size()).stream()
                            .filter(Token::isName)
                            .map(Token::value)
                            .forEach(key::add);
                }
                continue;
            }
            String name = item.get(0).value();
            if (columns.putIfAbsent(name, column(item, declared)) != null) {
                throw new StatementError(2025, "42S21", "SQL compilation error:\nduplicate column name '" + name + "'");
            }
        }
        for (String name : key) {
            String column = columns.get(name);
            if (column == null) {
                throw new StatementError(904, "42000", "SQL compilation error:\ninvalid identifier '\"" + name + "\"'");
            }
            columns.put(name, column.endsWith(" NOT NULL") ? column : column + " NOT NULL");
        }
        return "(" + String.join(", ", columns.values()) + ")";
    }

    private String column(List<Token> item, Map<String, String> declared) {
        String name = item.get(0).value();
        SqlTranslator.TypeAt type = SqlTranslator.typeAt(item, 1);
        remember(name, type, declared);
        boolean notNull = false;
        String defaultValue = "";
        for (int i = type.end(); i < item.size(); i++) {
            Token token = item.get(i);
            if (token.is("NOT") || token.is("PRIMARY")) {
                notNull = true;
                i++;
            } else if (token.is("COMMENT", "COLLATE")) {
                i++;
            } else if (token.is("DEFAULT")) {
                int end = i + 1;
                while (end < item.size() && !item.get(end).is("NOT", "NULL", "PRIMARY", "COMMENT")) {
                    end++;
                }
                end = end == i + 1 ? end + 1 : end;
                defaultValue = " DEFAULT (" + SqlTranslator.translate(session, item.subList(i + 1, end)) + ")";
                i = end - 1;
            } else if (!token.is("NULL", "UNIQUE")) {
                throw StatementError.unsupported("the word " + token.text() + " in the definition of a column");
            }
        }
        return DuckDbNames.quote(name) + " " + type.duckdb() + defaultValue + (notNull ? " NOT NULL" : "");
    }

    /** Keeps Snowflake's type as the column's comment, since DuckDB has fewer types. */
    private static void remember(String name, SqlTranslator.TypeAt type, Map<String, String> declared) {
        String described =
                FakeTypes.described(type.duckdb().equals("TIMESTAMPTZ") ? "TIMESTAMP WITH TIME ZONE" : type.duckdb());
        String full =
                switch (type.name()) {
                    case "TIMESTAMP_LTZ", "TIMESTAMPLTZ" -> "TIMESTAMP_LTZ(9)";
                    case "OBJECT", "ARRAY" -> type.name();
                    case "CHAR", "CHARACTER" ->
                        "VARCHAR("
                                + (type.arguments().isEmpty()
                                        ? "1"
                                        : type.arguments().get(0)) + ")";
                    default ->
                        type.arguments().isEmpty() || described.startsWith("NUMBER")
                                ? described
                                : described.replaceFirst(
                                        "\\(.*", "(" + type.arguments().get(0) + ")");
                };
        if (!full.equals(described)) {
            declared.put(name, full);
        }
    }

    private void declare(String duckName, String column, String type) throws SQLException {
        session.duck(
                "COMMENT ON COLUMN " + duckName + "." + DuckDbNames.quote(column) + " IS " + DuckDbNames.literal(type));
    }

    private Reply view(List<String> name, List<Token> rest, boolean replace, boolean ifNotExists) throws SQLException {
        needSchema(name.get(0), name.get(1));
        if (Metadata.isTable(session, name) && !replace) {
            if (ifNotExists) {
                return there(name.get(2));
            }
            throw StatementError.exists(String.join(".", name));
        }
        int as = 0;
        while (!rest.get(as).is("AS")) {
            as++;
        }
        String columns = "";
        if (rest.get(0).is("(")) {
            List<List<Token>> items = new ArrayList<>();
            items(rest, items);
            columns = " ("
                    + String.join(
                            ", ",
                            items.stream()
                                    .map(item -> DuckDbNames.quote(item.get(0).value()))
                                    .toList()) + ")";
        }
        session.duck("CREATE " + (replace ? "OR REPLACE " : "") + "VIEW " + permanent(name) + columns + " AS "
                + SqlTranslator.translate(session, rest.subList(as + 1, rest.size())));
        return Reply.status("View " + name.get(2) + " successfully created.");
    }

    private Reply stage(List<String> name, List<Token> rest, boolean replace, boolean temporary, boolean ifNotExists)
            throws SQLException {
        needSchema(name.get(0), name.get(1));
        Stage there = session.stage(name);
        if (there != null && ifNotExists) {
            return there(name.get(2));
        } else if (there != null && !replace) {
            throw StatementError.exists(String.join(".", name));
        } else if (there != null) {
            session.dropStage(name);
        }
        Map<String, Object> options = StatementOptions.parse(rest, 0);
        for (String option : options.keySet()) {
            if (!Set.of("FILE_FORMAT", "COMMENT", "ENCRYPTION", "COPY_OPTIONS", "DIRECTORY")
                    .contains(option)) {
                throw StatementError.unsupported("the option " + option + " of a stage");
            }
        }
        session.addStage(
                new Stage(name, session.storage().newDirectory(), StatementOptions.group(options, "FILE_FORMAT")),
                temporary);
        return Reply.status("Stage area " + name.get(2) + " successfully created.");
    }

    // DROP

    Reply drop(List<Token> tokens) throws SQLException {
        Token kind = tokens.get(1);
        boolean ifExists = tokens.get(2).is("IF");
        List<String> name = SqlTranslator.nameAt(tokens, ifExists ? 4 : 2).stream()
                .map(Token::value)
                .toList();
        String shown = name.get(name.size() - 1);
        return session.define(() -> {
            if (!exists(kind, name)) {
                if (ifExists) {
                    return Reply.status("Drop statement executed successfully (" + shown + " already dropped).");
                }
                throw kind.is("TABLE", "VIEW")
                        ? StatementError.missing(String.join(".", session.resolve(name)))
                        : StatementError.missing(kind.value(), String.join(".", name));
            }
            switch (kind.value()) {
                case "DATABASE" -> {
                    if (shown.equals(session.database())) {
                        session.use(null, null);
                    }
                    session.duck("DETACH " + DuckDbNames.quote(shown));
                }
                case "SCHEMA" -> {
                    String database = name.size() > 1 ? name.get(0) : session.database();
                    if (shown.equals(session.schema()) && database.equals(session.database())) {
                        session.use(database, null);
                    }
                    session.duck(
                            "DROP SCHEMA " + DuckDbNames.quote(database) + "." + DuckDbNames.quote(shown) + " CASCADE");
                }
                case "STAGE" -> session.dropStage(session.resolve(name));
                default -> {
                    List<String> full = session.resolve(name);
                    session.duck("DROP " + kind.value() + " " + session.duckName(full));
                    session.dropTemporary(full);
                    session.storage().forget(full);
                }
            }
            return Reply.status(shown + " successfully dropped.");
        });
    }

    private boolean exists(Token kind, List<String> name) throws SQLException {
        return switch (kind.value()) {
            case "DATABASE" -> session.hasSchema(name.get(0), null);
            case "SCHEMA" ->
                session.hasSchema(name.size() > 1 ? name.get(0) : session.database(), name.get(name.size() - 1));
            case "STAGE" -> session.stage(session.resolve(name)) != null;
            case "TABLE", "VIEW" -> session.temporary(name) != null || Metadata.isTable(session, session.resolve(name));
            default -> throw StatementError.unsupported("DROP " + kind.text());
        };
    }

    // ALTER

    Reply alter(List<Token> tokens) throws SQLException {
        if (tokens.size() < 4 || !tokens.get(1).is("TABLE")) {
            throw StatementError.unsupported(
                    "ALTER " + (tokens.size() > 1 ? tokens.get(1).text() : ""));
        }
        boolean ifExists = tokens.get(2).is("IF");
        int at = ifExists ? 4 : 2;
        List<Token> parts = SqlTranslator.nameAt(tokens, at);
        List<String> name = session.resolve(parts.stream().map(Token::value).toList());
        List<Token> rest = tokens.subList(at + 2 * parts.size() - 1, tokens.size());
        return session.define(() -> {
            if (session.temporary(name) == null && !Metadata.isTable(session, name)) {
                if (ifExists) {
                    return Reply.status("Statement executed successfully.");
                }
                throw StatementError.missing(String.join(".", name));
            }
            alter(name, session.duckName(name), rest);
            return Reply.status("Statement executed successfully.");
        });
    }

    private void alter(List<String> name, String duckName, List<Token> rest) throws SQLException {
        String alter = "ALTER TABLE " + duckName + " ";
        Token action = rest.get(0);
        int column = rest.get(1).is("COLUMN") ? 2 : 1;
        if (action.is("ADD")) {
            add(duckName, rest.subList(column, rest.size()));
        } else if (action.is("RENAME") && rest.get(1).is("TO")) {
            List<String> to = session.resolve(
                    SqlTranslator.nameAt(rest, 2).stream().map(Token::value).toList());
            if (session.temporary(name) != null || !to.subList(0, 2).equals(name.subList(0, 2))) {
                throw StatementError.unsupported("the renaming of a temporary table, or into another schema");
            }
            session.duck(alter + "RENAME TO " + DuckDbNames.quote(to.get(2)));
        } else if (action.is("RENAME")) {
            session.duck(
                    alter + "RENAME COLUMN " + DuckDbNames.quote(rest.get(2).value()) + " TO "
                            + DuckDbNames.quote(rest.get(4).value()));
        } else if (action.is("DROP")) {
            boolean ifExists = rest.get(column).is("IF");
            List<List<Token>> items = split(rest.subList(ifExists ? column + 2 : column, rest.size()));
            for (List<Token> item : items) {
                session.duck(alter + "DROP COLUMN " + (ifExists ? "IF EXISTS " : "")
                        + DuckDbNames.quote(item.get(0).value()));
            }
        } else if (action.is("ALTER", "MODIFY")) {
            alterColumn(name, alter, rest.subList(column, rest.size()));
        } else if (action.is("SWAP")) {
            swap(
                    name,
                    session.resolve(SqlTranslator.nameAt(rest, 2).stream()
                            .map(Token::value)
                            .toList()));
        } else if (!action.is("SET", "UNSET")) {
            throw StatementError.unsupported("ALTER TABLE " + action.text());
        }
    }

    private static List<List<Token>> split(List<Token> tokens) {
        List<Token> list = new ArrayList<>(tokens);
        list.add(0, new Token(Kind.SYMBOL, "(", "(", 0));
        list.add(new Token(Kind.SYMBOL, ")", ")", 0));
        List<List<Token>> items = new ArrayList<>();
        items(list, items);
        return items;
    }

    private void add(String duckName, List<Token> definitions) throws SQLException {
        boolean ifNotExists = definitions.get(0).is("IF");
        Map<String, String> declared = new LinkedHashMap<>();
        for (List<Token> item : split(definitions.subList(ifNotExists ? 3 : 0, definitions.size()))) {
            List<Token> definition = item.get(0).is("COLUMN") ? item.subList(1, item.size()) : item;
            session.duck("ALTER TABLE " + duckName + " ADD COLUMN " + (ifNotExists ? "IF NOT EXISTS " : "")
                    + column(definition, declared));
        }
        for (Map.Entry<String, String> column : declared.entrySet()) {
            declare(duckName, column.getKey(), column.getValue());
        }
    }

    private void alterColumn(List<String> table, String alter, List<Token> rest) throws SQLException {
        String name = rest.get(0).value();
        String quoted = DuckDbNames.quote(name);
        if (rest.get(1).is("DROP") && rest.get(2).is("NOT")) {
            session.duck(alter + "ALTER COLUMN " + quoted + " DROP NOT NULL");
            return;
        } else if (rest.get(1).is("SET") && rest.get(2).is("NOT")) {
            session.duck(alter + "ALTER COLUMN " + quoted + " SET NOT NULL");
            return;
        }
        int at = rest.get(1).is("SET") ? 4 : 2;
        if (!rest.get(at - 1).is("TYPE")) {
            throw StatementError.unsupported("ALTER COLUMN " + rest.get(1).text());
        }
        SqlTranslator.TypeAt type = SqlTranslator.typeAt(rest, at);
        String from = Metadata.columns(session, table).stream()
                .filter(column -> column.name().equals(name))
                .map(Metadata.Column::type)
                .findFirst()
                .orElseThrow(() -> new StatementError(
                        904,
                        "42000",
                        "SQL compilation error: error line 1 at position 0\ninvalid identifier '" + name + "'"));
        Map<String, String> declared = new LinkedHashMap<>();
        remember(name, type, declared);
        String to = declared.getOrDefault(
                name,
                FakeTypes.described(type.duckdb().equals("TIMESTAMPTZ") ? "TIMESTAMP WITH TIME ZONE" : type.duckdb()));
        if (!mayBecome(from, to)) {
            throw new StatementError(
                    2108,
                    "22000",
                    "SQL compilation error: cannot change column " + name + " from type " + from + " to " + to);
        }
        session.duck(alter + "ALTER COLUMN " + quoted + " SET DATA TYPE " + type.duckdb());
        declare(session.duckName(table), name, declared.getOrDefault(name, ""));
    }

    /** Allows what Snowflake allows: more digits at the same scale, longer text. */
    private static boolean mayBecome(String from, String to) {
        String[] old = from.split("[(,)]", -1);
        String[] now = to.split("[(,)]", -1);
        return old[0].equals(now[0])
                && (old.length < 2 || Integer.parseInt(old[1]) <= Integer.parseInt(now[1]))
                && (old.length < 3 || old[2].equals(now[2]));
    }

    private void swap(List<String> one, List<String> other) throws SQLException {
        if (!Metadata.isTable(session, other)) {
            throw StatementError.missing(String.join(".", other));
        } else if (!one.subList(0, 2).equals(other.subList(0, 2))) {
            throw StatementError.unsupported("SWAP WITH a table of another schema");
        }
        session.duck("BEGIN");
        String between = permanent(List.of(one.get(0), one.get(1), "~swap~"));
        session.duck("ALTER TABLE " + permanent(one) + " RENAME TO " + DuckDbNames.quote("~swap~"));
        session.duck("ALTER TABLE " + permanent(other) + " RENAME TO " + DuckDbNames.quote(one.get(2)));
        session.duck("ALTER TABLE " + between + " RENAME TO " + DuckDbNames.quote(other.get(2)));
        session.duck("COMMIT");
    }
}
