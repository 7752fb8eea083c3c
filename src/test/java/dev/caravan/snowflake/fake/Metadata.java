package dev.caravan.snowflake.fake;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** INFORMATION_SCHEMA, SHOW and DESCRIBE. */
final class Metadata {

    private static final String CREATED = "2026-01-01 00:00:00.000 +0000";
    private static final String USERS = "NOT IN ('system', 'temp', 'memory')";

    private Metadata() {}

    private static String decoded(String column) {
        return "regexp_replace(" + column + ", '~[0-9a-f]+$', '')";
    }

    /** A column with its name, its type as DESC TABLE shows it, and nullability. */
    record Column(String name, String type, boolean nullable, String defaultValue) {}

    static boolean isTable(FakeSession session, List<String> name) throws SQLException {
        String where = " WHERE database_name = " + encoded(name.get(0)) + " AND schema_name = " + encoded(name.get(1));
        return !session.query("SELECT 1 FROM duckdb_tables()" + where + " AND table_name = " + encoded(name.get(2))
                        + " UNION ALL SELECT 1 FROM duckdb_views()" + where + " AND view_name = "
                        + encoded(name.get(2)))
                .isEmpty();
    }

    private static String encoded(String name) {
        return DuckDbNames.literal(DuckDbNames.encode(name));
    }

    static List<Column> columns(FakeSession session, List<String> table) throws SQLException {
        boolean temporary = session.temporary(table) != null;
        return session
                .query(
                        "SELECT column_name, data_type, comment, is_nullable, column_default FROM duckdb_columns() WHERE database_name = "
                                + (temporary ? "'temp'" : encoded(table.get(0)))
                                + (temporary ? "" : " AND schema_name = " + encoded(table.get(1)))
                                + " AND table_name = " + encoded(table.get(2)) + " ORDER BY column_index")
                .stream()
                .map(row -> new Column(
                        DuckDbNames.decode((String) row.get(0)),
                        row.get(2) == null || row.get(2).equals("")
                                ? FakeTypes.described((String) row.get(1))
                                : (String) row.get(2),
                        (Boolean) row.get(3),
                        (String) row.get(4)))
                .toList();
    }

    /** Returns a view of INFORMATION_SCHEMA as a relation of DuckDB. */
    static String informationSchema(FakeSession session, List<String> name) {
        String database = name.size() > 2 ? name.get(0) : session.database();
        if (database == null) {
            session.resolve(List.of("T"));
        }
        String where = " WHERE database_name = " + encoded(database);
        String catalog = "SELECT " + decoded("database_name") + " AS TABLE_CATALOG, " + decoded("schema_name")
                + " AS TABLE_SCHEMA, ";
        String table = decoded("table_name") + " AS TABLE_NAME, ";
        return switch (name.get(name.size() - 1)) {
            case "TABLES" ->
                "(" + catalog + table
                        + "'BASE TABLE' AS TABLE_TYPE, estimated_size AS ROW_COUNT, estimated_size * 100 AS BYTES,"
                        + " CAST(NULL AS VARCHAR) AS COMMENT FROM duckdb_tables()" + where + " UNION ALL "
                        + catalog + decoded("view_name") + ", 'VIEW', NULL, NULL, NULL FROM duckdb_views()" + where
                        + " AND NOT internal)";
            case "VIEWS" ->
                "(" + catalog + decoded("view_name") + " AS TABLE_NAME, sql AS VIEW_DEFINITION" + " FROM duckdb_views()"
                        + where + " AND NOT internal)";
            case "SCHEMATA" ->
                "(SELECT " + decoded("database_name") + " AS CATALOG_NAME, " + decoded("schema_name")
                        + " AS SCHEMA_NAME FROM duckdb_schemas()" + where + " AND schema_name <> 'main')";
            case "COLUMNS" ->
                "(" + catalog + table + decoded("column_name") + " AS COLUMN_NAME,"
                        + " column_index AS ORDINAL_POSITION, column_default AS COLUMN_DEFAULT,"
                        + " if(is_nullable, 'YES', 'NO') AS IS_NULLABLE, " + DATA_TYPE + " AS DATA_TYPE,"
                        + " CAST(CASE WHEN data_type = 'VARCHAR' THEN coalesce(try_cast(regexp_extract(comment, '\\d+')"
                        + " AS BIGINT), 16777216) END AS DECIMAL(38,0)) AS CHARACTER_MAXIMUM_LENGTH,"
                        + " CAST(CASE WHEN " + DATA_TYPE + " = 'NUMBER' THEN coalesce(numeric_precision, 38) END"
                        + " AS DECIMAL(38,0)) AS NUMERIC_PRECISION,"
                        + " CAST(CASE WHEN " + DATA_TYPE + " = 'NUMBER' THEN coalesce(numeric_scale, 0) END"
                        + " AS DECIMAL(38,0)) AS NUMERIC_SCALE,"
                        + " CAST(CASE WHEN data_type LIKE 'TIME%' THEN 9 END AS DECIMAL(38,0)) AS DATETIME_PRECISION,"
                        + " CAST(NULL AS VARCHAR) AS COMMENT FROM duckdb_columns()" + where + " AND NOT internal)";
            default -> throw StatementError.unsupported("INFORMATION_SCHEMA." + name.get(name.size() - 1));
        };
    }

    private static final String DATA_TYPE = "CASE WHEN comment IS NOT NULL AND comment <> '' AND data_type <> 'VARCHAR'"
            + " THEN regexp_replace(comment, '\\(.*', '') ELSE CASE data_type WHEN 'VARCHAR' THEN 'TEXT'"
            + " WHEN 'DOUBLE' THEN 'FLOAT' WHEN 'BLOB' THEN 'BINARY' WHEN 'TIMESTAMP' THEN 'TIMESTAMP_NTZ'"
            + " WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_TZ' WHEN 'JSON' THEN 'VARIANT'"
            + " WHEN 'BOOLEAN' THEN 'BOOLEAN' WHEN 'DATE' THEN 'DATE' WHEN 'TIME' THEN 'TIME' ELSE 'NUMBER' END END";

    // SHOW

    /** SHOW kind [LIKE pattern] [IN place]. */
    static Reply show(FakeSession session, List<Token> tokens) throws SQLException {
        int at = tokens.get(1).is("TERSE") ? 2 : 1;
        String kind = tokens.get(at++).value();
        Pattern like = null;
        List<String> place = List.of();
        while (at < tokens.size()) {
            Token token = tokens.get(at);
            if (token.is("LIKE")) {
                like = like(tokens.get(at + 1).value());
                at += 2;
            } else if (token.is("IN")) {
                at++;
                if (tokens.get(at).is("ACCOUNT")) {
                    at++;
                    place = List.of("");
                    continue;
                }
                at += tokens.get(at).is("DATABASE", "SCHEMA", "TABLE", "VIEW")
                                && at + 1 < tokens.size()
                                && tokens.get(at + 1).isName()
                        ? 1
                        : 0;
                List<Token> parts = SqlTranslator.nameAt(tokens, at);
                place = parts.stream().map(Token::value).toList();
                at += 2 * parts.size() - 1;
            } else {
                throw StatementError.unsupported("SHOW " + kind + " " + token.text());
            }
        }
        return switch (kind) {
            case "DATABASES" -> databases(session, like);
            case "SCHEMAS" -> schemas(session, like, place);
            case "TABLES", "VIEWS", "OBJECTS" -> tables(session, kind, like, place);
            case "COLUMNS" -> showColumns(session, like, place);
            case "STAGES" -> stages(session, like, place);
            default -> throw StatementError.unsupported("SHOW " + kind);
        };
    }

    /** Returns a LIKE pattern, which SHOW matches case-insensitively. */
    private static Pattern like(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\' && i + 1 < pattern.length()) {
                regex.append(Pattern.quote(String.valueOf(pattern.charAt(++i))));
            } else {
                regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    private static boolean fits(Pattern like, String name) {
        return like == null || like.matcher(name).matches();
    }

    private static Reply databases(FakeSession session, Pattern like) throws SQLException {
        List<List<?>> rows = new ArrayList<>();
        for (List<Object> row : session.query(
                "SELECT database_name FROM duckdb_databases() WHERE database_name " + USERS + " ORDER BY 1")) {
            String name = DuckDbNames.decode((String) row.get(0));
            if (fits(like, name)) {
                rows.add(Arrays.asList(
                        CREATED,
                        name,
                        "N",
                        name.equals(session.database()) ? "Y" : "N",
                        "",
                        "ACCOUNTADMIN",
                        "",
                        "",
                        "1"));
            }
        }
        return Reply.table(
                Reply.SHOW,
                List.of(
                        "created_on",
                        "name",
                        "is_default",
                        "is_current",
                        "origin",
                        "owner",
                        "comment",
                        "options",
                        "retention_time"),
                rows);
    }

    private static Reply schemas(FakeSession session, Pattern like, List<String> place) throws SQLException {
        String database = place.isEmpty() ? session.database() : place.get(0);
        if (database != null && !database.isEmpty() && !session.hasSchema(database, null)) {
            throw StatementError.missing("Database", database);
        }
        List<List<?>> rows = new ArrayList<>();
        for (List<Object> row : session.query(
                "SELECT schema_name, database_name FROM duckdb_schemas() WHERE schema_name <> 'main' AND NOT internal AND database_name "
                        + (database == null || database.isEmpty() ? USERS : "= " + encoded(database))
                        + " ORDER BY 2, 1")) {
            String name = DuckDbNames.decode((String) row.get(0));
            if (fits(like, name)) {
                rows.add(Arrays.asList(
                        CREATED, name, "N", "N", DuckDbNames.decode((String) row.get(1)), "ACCOUNTADMIN", "", "", "1"));
            }
        }
        return Reply.table(
                Reply.SHOW,
                List.of(
                        "created_on",
                        "name",
                        "is_default",
                        "is_current",
                        "database_name",
                        "owner",
                        "comment",
                        "options",
                        "retention_time"),
                rows);
    }

    /** Returns the condition for IN ACCOUNT, DATABASE or SCHEMA; the default is the current one. */
    private static String in(FakeSession session, List<String> place) throws SQLException {
        List<String> where = place;
        if (place.isEmpty() && session.database() != null) {
            where = session.schema() == null
                    ? List.of(session.database())
                    : List.of(session.database(), session.schema());
        } else if (place.size() == 1 && !place.get(0).isEmpty() && !session.hasSchema(place.get(0), null)) {
            where = session.database() == null ? place : List.of(session.database(), place.get(0));
        }
        if (where.isEmpty() || where.get(0).isEmpty()) {
            return "database_name " + USERS;
        } else if (!session.hasSchema(where.get(0), where.size() > 1 ? where.get(1) : null)) {
            throw new StatementError(
                    2043, "02000", "SQL compilation error:\nObject does not exist, or operation cannot be performed.");
        }
        return "database_name = " + encoded(where.get(0))
                + (where.size() > 1 ? " AND schema_name = " + encoded(where.get(1)) : "");
    }

    private static Reply tables(FakeSession session, String kind, Pattern like, List<String> place)
            throws SQLException {
        String in = in(session, place);
        String tables = "SELECT table_name AS n, database_name, schema_name, 'TABLE', estimated_size"
                + " FROM duckdb_tables() WHERE " + in;
        String views = "SELECT view_name AS n, database_name, schema_name, 'VIEW', NULL"
                + " FROM duckdb_views() WHERE NOT internal AND " + in;
        String sql =
                switch (kind) {
                    case "TABLES" -> tables;
                    case "VIEWS" -> views;
                    default -> tables + " UNION ALL " + views;
                };
        List<List<?>> rows = new ArrayList<>();
        for (List<Object> row : session.query(sql + " ORDER BY 2, 3, 1")) {
            String name = DuckDbNames.decode((String) row.get(0));
            if (fits(like, name)) {
                rows.add(Arrays.asList(
                        CREATED,
                        name,
                        DuckDbNames.decode((String) row.get(1)),
                        DuckDbNames.decode((String) row.get(2)),
                        row.get(3),
                        "",
                        "",
                        row.get(4),
                        row.get(4),
                        "ACCOUNTADMIN",
                        "1"));
            }
        }
        return Reply.table(
                Reply.SHOW,
                List.of(
                        "created_on",
                        "name",
                        "database_name",
                        "schema_name",
                        "kind",
                        "comment",
                        "cluster_by",
                        "rows",
                        "bytes",
                        "owner",
                        "retention_time"),
                rows);
    }

    private static Reply stages(FakeSession session, Pattern like, List<String> place) {
        List<List<?>> rows = new ArrayList<>();
        session.storage().stages.keySet().stream()
                .filter(name -> fits(like, name.get(2)))
                .filter(name -> place.isEmpty()
                        || place.get(0).isEmpty()
                        || name.subList(0, place.size()).equals(place))
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .forEach(name -> rows.add(Arrays.asList(
                        CREATED,
                        name.get(2),
                        name.get(0),
                        name.get(1),
                        "",
                        "N",
                        "N",
                        "ACCOUNTADMIN",
                        "",
                        null,
                        "INTERNAL")));
        return Reply.table(
                Reply.SHOW,
                List.of(
                        "created_on",
                        "name",
                        "database_name",
                        "schema_name",
                        "url",
                        "has_credentials",
                        "has_encryption_key",
                        "owner",
                        "comment",
                        "region",
                        "type"),
                rows);
    }

    private static Reply showColumns(FakeSession session, Pattern like, List<String> place) throws SQLException {
        String in;
        if (place.size() == 3 || (place.size() == 2 && !session.hasSchema(place.get(0), place.get(1)))) {
            List<String> table = session.resolve(place);
            if (!isTable(session, table)) {
                throw StatementError.missing("Table", String.join(".", table));
            }
            in = "database_name = " + encoded(table.get(0)) + " AND schema_name = " + encoded(table.get(1))
                    + " AND table_name = " + encoded(table.get(2));
        } else {
            in = in(session, place);
        }
        List<List<?>> rows = new ArrayList<>();
        for (List<Object> row : session.query(
                "SELECT DISTINCT database_name, schema_name, table_name FROM duckdb_columns() WHERE NOT internal AND "
                        + in + " ORDER BY 1, 2, 3")) {
            List<String> table =
                    row.stream().map(name -> DuckDbNames.decode((String) name)).toList();
            for (Column column : columns(session, table)) {
                if (fits(like, column.name())) {
                    rows.add(Arrays.asList(
                            table.get(2),
                            table.get(1),
                            column.name(),
                            json(column),
                            column.nullable() ? "true" : "NOT_NULL",
                            column.defaultValue(),
                            "COLUMN",
                            "",
                            "",
                            table.get(0),
                            "",
                            null));
                }
            }
        }
        return Reply.table(
                Reply.SHOW,
                List.of(
                        "table_name",
                        "schema_name",
                        "column_name",
                        "data_type",
                        "null?",
                        "default",
                        "kind",
                        "expression",
                        "comment",
                        "database_name",
                        "autoincrement",
                        "schema_evolution_record"),
                rows);
    }

    private static String json(Column column) {
        String[] parts = column.type().split("[(,)]", -1);
        String nullable = ",\"nullable\":" + column.nullable();
        return switch (parts[0]) {
            case "NUMBER" ->
                "{\"type\":\"FIXED\",\"precision\":" + parts[1] + ",\"scale\":" + parts[2] + nullable + "}";
            case "VARCHAR" ->
                "{\"type\":\"TEXT\",\"length\":" + parts[1] + ",\"byteLength\":"
                        + Math.min(4 * Long.parseLong(parts[1]), 16_777_216) + nullable + ",\"fixed\":false}";
            case "BINARY" ->
                "{\"type\":\"BINARY\",\"length\":" + parts[1] + ",\"byteLength\":" + parts[1] + nullable
                        + ",\"fixed\":true}";
            case "FLOAT" -> "{\"type\":\"REAL\"" + nullable + "}";
            default ->
                "{\"type\":\"" + parts[0] + "\"" + (parts.length > 1 ? ",\"precision\":0,\"scale\":" + parts[1] : "")
                        + nullable + "}";
        };
    }

    // DESCRIBE

    static Reply describe(FakeSession session, List<Token> tokens) throws SQLException {
        if (!tokens.get(1).is("TABLE", "VIEW")) {
            throw StatementError.unsupported("DESCRIBE " + tokens.get(1).text());
        }
        List<String> name = session.resolve(
                SqlTranslator.nameAt(tokens, 2).stream().map(Token::value).toList());
        if (session.temporary(name) == null && !isTable(session, name)) {
            throw StatementError.missing(tokens.get(1).is("VIEW") ? "View" : "Table", String.join(".", name));
        }
        List<List<?>> rows = new ArrayList<>();
        for (Column column : columns(session, name)) {
            rows.add(Arrays.asList(
                    column.name(),
                    column.type(),
                    "COLUMN",
                    column.nullable() ? "Y" : "N",
                    column.defaultValue(),
                    "N",
                    "N",
                    null,
                    null,
                    null,
                    null,
                    null));
        }
        return Reply.table(
                Reply.DESCRIBE,
                List.of(
                        "name",
                        "type",
                        "kind",
                        "null?",
                        "default",
                        "primary key",
                        "unique key",
                        "check",
                        "expression",
                        "comment",
                        "policy name",
                        "privacy domain"),
                rows);
    }

    // names of results

    /** Names columns without alias as Snowflake does: their text in upper case; null for the others. */
    static List<String> names(String sql, List<Token> tokens, int count) {
        if (!tokens.get(0).is("SELECT")) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        int depth = 0;
        int start = tokens.size() > 1 && tokens.get(1).is("DISTINCT", "ALL") ? 2 : 1;
        for (int i = start; i <= tokens.size(); i++) {
            boolean end = i == tokens.size()
                    || (depth == 0 && tokens.get(i).is("FROM", "UNION", "WHERE", "QUALIFY", "ORDER"));
            if (end || (depth == 0 && tokens.get(i).is(","))) {
                names.add(name(sql, tokens.subList(start, i)));
                start = i + 1;
            }
            if (end) {
                break;
            }
            depth += tokens.get(i).is("(") ? 1 : tokens.get(i).is(")") ? -1 : 0;
        }
        return names.size() == count ? names : List.of();
    }

    private static String name(String sql, List<Token> item) {
        boolean named = item.isEmpty()
                || (item.size() > 1
                        && item.get(item.size() - 1).isName()
                        && !item.get(item.size() - 2).is("::"))
                || (item.size() % 2 == 1 && SqlTranslator.isName(item));
        return named
                ? null
                : sql.substring(item.get(0).start(), item.get(item.size() - 1).end())
                        .toUpperCase(Locale.ROOT);
    }
}
