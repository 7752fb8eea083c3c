package dev.caravan.snowflake.fake;

import dev.caravan.snowflake.fake.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Translates Snowflake's SQL to DuckDB's: names, types, and the few functions with other names. Unknown SQL is passed on
 * unchanged, and DuckDB rejects it.
 */
final class SqlTranslator {

    /** Keywords before a table name. */
    private static final Set<String> BEFORE_TABLE =
            Set.of("FROM", "JOIN", "INTO", "TABLE", "UPDATE", "USING", "EXISTS", "VIEW", "DESC", "DESCRIBE");

    /** Words reserved in DuckDB but not in Snowflake. */
    private static final Set<String> FREE = Set.of(
            "AT",
            "ANALYSE",
            "ANALYZE",
            "DO",
            "INITIALLY",
            "LAMBDA",
            "PLACING",
            "SHOW",
            "SUMMARIZE",
            "SYMMETRIC",
            "VARIADIC");

    /** Functions that have the name of a DuckDB function but behave differently. */
    private static final Map<String, String> FUNCTIONS = Map.of(
            "IFF",
            "if",
            "NVL",
            "ifnull",
            "LISTAGG",
            "string_agg",
            "TO_JSON",
            "TO_JSON_TEXT",
            "ARRAY_SIZE",
            "json_array_length");

    /** Snowflake functions defined in each session. */
    static final List<String> MACROS = List.of(
            "EQUAL_NULL(a, b) AS a IS NOT DISTINCT FROM b",
            "PARSE_JSON(x) AS CAST(_canonical_json(x) AS JSON)",
            "TRY_PARSE_JSON(x) AS TRY_CAST(x AS JSON)",
            "TO_JSON_TEXT(x) AS CAST(x AS VARCHAR)",
            "TO_VARIANT(x) AS to_json(x)",
            "TO_VARCHAR(x) AS CAST(x AS VARCHAR), (x, f) AS _to_varchar(CAST(x AS VARCHAR), f)",
            "TO_DATE(x) AS CAST(x AS DATE)",
            "TO_DOUBLE(x) AS CAST(x AS DOUBLE)",
            "TO_TIMESTAMP_NTZ(x) AS CAST(x AS TIMESTAMP)",
            "TO_TIMESTAMP_TZ(x) AS CAST(x AS TIMESTAMPTZ)",
            "TO_TIMESTAMP_LTZ(x) AS CAST(x AS TIMESTAMPTZ)",
            "TO_BINARY(x) AS unhex(x), (x, f) AS unhex(x)",
            "HEX_ENCODE(x) AS hex(x)",
            "REGEXP_LIKE(x, p) AS regexp_full_match(x, p)",
            "ZEROIFNULL(x) AS coalesce(x, 0)",
            "SYSDATE() AS now() AT TIME ZONE 'UTC'",
            "UUID_STRING() AS CAST(uuid() AS VARCHAR)");

    private final FakeSession session;
    private final List<Token> tokens;
    private final StringBuilder sql = new StringBuilder();

    /** Start of the last operand in the SQL, for a VARIANT path that may follow. */
    private int operand;

    private int at;

    private SqlTranslator(FakeSession session, List<Token> tokens) {
        this.session = session;
        this.tokens = tokens;
    }

    /** Translates a statement or a part of one. */
    static String translate(FakeSession session, List<Token> tokens) {
        return new SqlTranslator(session, tokens).translate();
    }

    private String translate() {
        List<Integer> casts = new ArrayList<>(); // the depths of parentheses that belong to a CAST
        List<Integer> trials = new ArrayList<>(); // those of TRY_CAST, which takes text only, as does replace
        List<Integer> parentheses = new ArrayList<>(); // where the SQL of each open parenthesis and its function starts
        int depth = 0;
        boolean set = false;
        while (at < tokens.size()) {
            Token token = tokens.get(at);
            if (token.is("(")) {
                boolean call = at > 0 && tokens.get(at - 1).isName();
                if (call && tokens.get(at - 1).is("CAST", "TRY_CAST")) {
                    casts.add(depth + 1);
                }
                boolean trial = call && tokens.get(at - 1).is("TRY_CAST");
                if (trial) {
                    trials.add(depth + 1);
                }
                parentheses.add(call ? operand : sql.length());
                depth++;
                emit(trial ? "(replace(" : "(");
                at++;
            } else if (token.is(")")) {
                casts.remove((Integer) depth);
                depth--;
                emit(")");
                if (parentheses.isEmpty()) {
                    throw StatementError.syntax("syntax error unexpected ')'.");
                }
                operand = parentheses.remove(parentheses.size() - 1);
                at++;
            } else if (token.is("::") || (token.is("AS") && casts.contains(depth))) {
                boolean trial = token.is("AS") && trials.remove((Integer) depth);
                emit(trial ? ", '', '') AS" : token.text());
                at++;
                type();
            } else if (token.is(":") && at > 0) {
                path();
            } else if (token.isName()) {
                if (depth == 0 && token.is("SET", "WHERE", "FROM", "WHEN", "VALUES")) {
                    set = token.is("SET");
                }
                name(set && depth == 0);
            } else {
                boolean qualified = token.kind() == Kind.POSITION
                        && at > 0
                        && tokens.get(at - 1).is(".");
                operand = token.is(".") || qualified ? operand : sql.length();
                emit(literal(token));
                at++;
            }
        }
        return sql.toString();
    }

    private void emit(String text) {
        if (!sql.isEmpty()) {
            sql.append(' ');
        }
        sql.append(text);
    }

    private static String literal(Token token) {
        return switch (token.kind()) {
            case STRING -> DuckDbNames.literal(token.value());
            case POSITION -> '"' + token.value() + '"';
            case STAGE -> throw StatementError.unsupported("a query of the stage " + token.text());
            default -> token.text();
        };
    }

    /** A type with Snowflake's name. */
    private void type() {
        if (at >= tokens.size() || !FakeTypes.isType(tokens.get(at).value())) {
            throw new StatementError(
                    2040,
                    "42601",
                    "SQL compilation error:\nUnsupported data type '"
                            + (at < tokens.size() ? tokens.get(at).text() : "") + "'.");
        }
        TypeAt type = typeAt(tokens, at);
        emit(type.duckdb());
        at = type.end();
    }

    /** Parses a type and its end. */
    record TypeAt(String name, List<String> arguments, int end) {

        String duckdb() {
            return FakeTypes.duckdb(name, arguments);
        }
    }

    static TypeAt typeAt(List<Token> tokens, int start) {
        String name = tokens.get(start).value();
        if (!FakeTypes.isType(name)) {
            throw new StatementError(
                    2040,
                    "42601",
                    "SQL compilation error:\nUnsupported data type '"
                            + tokens.get(start).text() + "'.");
        }
        int end = start + 1;
        List<String> arguments = new ArrayList<>();
        if (name.equals("DOUBLE") && end < tokens.size() && tokens.get(end).is("PRECISION")) {
            end++;
        }
        if (end < tokens.size() && tokens.get(end).is("(")) {
            while (!tokens.get(end++).is(")")) {
                if (tokens.get(end).kind() == Kind.NUMBER) {
                    arguments.add(tokens.get(end).text());
                }
            }
        }
        return new TypeAt(name, arguments, end);
    }

    /** Translates a name, keyword or function. */
    private void name(boolean set) {
        if (isFlatten()) {
            flatten();
            return;
        }
        Token before = at > 0 ? tokens.get(at - 1) : null;
        boolean table =
                before != null && (before.is(BEFORE_TABLE.toArray(String[]::new)) || (before.is(",") && inFrom()));
        List<Token> parts = nameAt(tokens, at);
        int end = at + 2 * parts.size() - 1;
        boolean call = end < tokens.size() && tokens.get(end).is("(");
        operand = sql.isEmpty() ? 0 : sql.length() + 1;
        List<String> names = parts.stream().map(Token::value).toList();
        if (call && parts.size() == 1 && !table) {
            String context =
                    end + 1 < tokens.size() && tokens.get(end + 1).is(")") ? session.context(names.get(0)) : null;
            if (context != null) {
                emit(context);
                end += 2;
            } else {
                emit(FUNCTIONS.getOrDefault(names.get(0), names.get(0)));
            }
        } else if (parts.size() > 1 && names.get(parts.size() - 2).equals("INFORMATION_SCHEMA")) {
            emit(session.informationSchema(names));
        } else if ((table || parts.size() >= 3)
                && session.temporary(names.subList(0, Math.min(3, names.size()))) != null) {
            emit(session.temporary(names.subList(0, Math.min(3, names.size()))));
            names.stream().skip(3).forEach(name -> sql.append('.').append(DuckDbNames.quote(name)));
        } else if (set && end < tokens.size() && tokens.get(end).is("=") && before.is("SET", ",")) {
            emit(identifier(parts.get(parts.size() - 1)));
        } else {
            String name = parts.stream().map(SqlTranslator::identifier).collect(Collectors.joining("."));
            // the value of FLATTEN, which is a VARIANT
            boolean unpacked = names.get(names.size() - 1).equals("VALUE")
                    && end < tokens.size()
                    && tokens.get(end).is("::");
            emit(unpacked ? "json_extract_string(" + name + ", '$')" : name);
        }
        at = end;
    }

    /** Returns whether {@code LATERAL FLATTEN(...)} or {@code TABLE(FLATTEN(...))} comes next. */
    private boolean isFlatten() {
        return at + 2 < tokens.size()
                && tokens.get(at).is("LATERAL", "TABLE")
                && tokens.get(tokens.get(at).is("TABLE") ? at + 2 : at + 1).is("FLATTEN");
    }

    private void flatten() {
        boolean table = tokens.get(at).is("TABLE");
        int open = at + (table ? 3 : 2);
        int close = StatementOptions.close(tokens, open);
        int input = open + (tokens.get(open + 1).is("INPUT") ? 3 : 1);
        if (tokens.subList(input, close).stream().anyMatch(token -> token.is("=>"))) {
            throw StatementError.unsupported("FLATTEN with more than its input");
        }
        emit("LATERAL (SELECT key AS \"KEY\", fullkey AS \"PATH\", value AS \"VALUE\" FROM json_each("
                + translate(session, tokens.subList(input, close)) + "))");
        at = close + (table ? 2 : 1);
    }

    /** Returns whether a comma separates tables. */
    private boolean inFrom() {
        int depth = 0;
        for (int i = at - 1; i >= 0 && depth >= 0; i--) {
            Token token = tokens.get(i);
            if (token.is(")")) {
                depth++;
            } else if (token.is("(")) {
                depth--;
            } else if (depth == 0 && token.is("FROM")) {
                return true;
            } else if (depth == 0
                    && token.is("SELECT", "WHERE", "GROUP", "ORDER", "SET", "ON", "BY", "QUALIFY", "HAVING")) {
                return false;
            }
        }
        return false;
    }

    /** Returns the parts of the name at a position. */
    static List<Token> nameAt(List<Token> tokens, int start) {
        if (start >= tokens.size() || !tokens.get(start).isName()) {
            throw StatementError.syntax("syntax error: a name is missing"
                    + (start < tokens.size() ? " before '" + tokens.get(start).text() + "'." : " at the end."));
        }
        List<Token> parts = new ArrayList<>(List.of(tokens.get(start)));
        for (int i = start + 1;
                i + 1 < tokens.size()
                        && tokens.get(i).is(".")
                        && tokens.get(i + 1).isName();
                i += 2) {
            parts.add(tokens.get(i + 1));
        }
        return parts;
    }

    /** Returns whether the tokens are exactly a name. */
    static boolean isName(List<Token> tokens) {
        return tokens.get(0).isName() && nameAt(tokens, 0).size() * 2 - 1 == tokens.size();
    }

    private static String identifier(Token token) {
        return token.kind() == Kind.QUOTED || token.value().contains("$") || FREE.contains(token.value())
                ? DuckDbNames.quote(token.value())
                : token.value();
    }

    /** Translates a path into a VARIANT: {@code :a.b[0]}. */
    private void path() {
        StringBuilder path = new StringBuilder("$");
        do {
            Token token = tokens.get(at);
            if (token.is("[")) {
                Token key = tokens.get(at + 1);
                path.append(key.kind() == Kind.STRING ? ".\"" + key.value() + '"' : "[" + key.text() + "]");
                at += 3;
            } else {
                Token key = tokens.get(at + 1);
                path.append(".\"")
                        .append(key.kind() == Kind.QUOTED ? key.value() : key.text())
                        .append('"');
                at += 2;
            }
        } while (at < tokens.size() && tokens.get(at).is(".", "["));
        boolean variant = at >= tokens.size()
                || !tokens.get(at).is("::")
                || tokens.get(at + 1).is("VARIANT");
        String value = sql.substring(operand).strip();
        sql.setLength(operand);
        emit((variant ? "json_extract(" : "json_extract_string(") + value + ", " + DuckDbNames.literal(path.toString())
                + ")");
    }
}
