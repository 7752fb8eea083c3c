package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.SqlState;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;

/**
 * A query that PostgreSQL sends by {@code COPY (query) TO STDOUT (FORMAT BINARY)}, several times as cheap to read as a
 * {@link java.sql.ResultSet}.
 *
 * @param settings the statements before the query
 * @param select the query, with its parameters as literals
 */
record CopyQuery(List<String> settings, String select) {

    private static final String SPACE = "(?:\\s++|--[^\\n]*+|/\\*[^*]*+(?:\\*(?!/)[^*]*+)*+\\*/)*+";
    private static final Pattern NOTHING = Pattern.compile(SPACE);
    private static final Pattern SETTING = Pattern.compile(SPACE + "SET\\s", Pattern.CASE_INSENSITIVE);
    private static final Pattern QUERY =
            Pattern.compile(SPACE + "(?:\\(\\s*+)*+(?:SELECT|WITH|VALUES|TABLE)\\b", Pattern.CASE_INSENSITIVE);

    /** A query that COPY cannot send with the values that the driver would read; the message says why. */
    static final class NotPossible extends Exception {

        private static final long serialVersionUID = 1;

        NotPossible(String reason) {
            super(reason, null, false, false);
        }
    }

    /** The server cannot copy the query; its transaction has failed. */
    static final class Refused extends SQLException {

        private static final long serialVersionUID = 1;

        Refused(SQLException cause) {
            super("the server refused COPY: " + cause.getMessage(), cause.getSQLState(), cause);
        }
    }

    /**
     * Prepares a query.
     *
     * @param sql with {@code ?} for parameters
     * @param parameters the values of the parameters; null if {@code ?} stands for itself
     */
    static CopyQuery of(Connection connection, String sql, List<Object> parameters) throws SQLException, NotPossible {
        BaseConnection postgres = connection.unwrap(BaseConnection.class);
        if (!postgres.getStandardConformingStrings()) {
            throw new NotPossible("standard_conforming_strings is off");
        }
        if ("SQL_ASCII".equals(postgres.getParameterStatus("server_encoding"))) {
            throw new NotPossible("the database's encoding is SQL_ASCII");
        }
        if (!"on".equals(postgres.getParameterStatus("integer_datetimes"))) {
            throw new NotPossible("the server does not store times as integers");
        }
        List<NativeQuery> statements = new ArrayList<>(Parser.parseJdbcSql(
                Parser.replaceProcessing(sql, true, true), true, parameters != null, true, false, false));
        statements.removeIf(s -> NOTHING.matcher(s.nativeSql).matches());
        if (statements.isEmpty()) {
            throw new NotPossible("there is no query");
        }
        NativeQuery last = statements.remove(statements.size() - 1);
        for (NativeQuery statement : statements) {
            if (statement.bindPositions.length > 0
                    || !SETTING.matcher(statement.nativeSql).lookingAt()) {
                throw new NotPossible("the body has several statements");
            }
        }
        if (!QUERY.matcher(last.nativeSql).lookingAt()) {
            throw new NotPossible("the statement is not a SELECT");
        }
        String select = last.nativeSql;
        if (parameters != null) {
            if (last.bindPositions.length != parameters.size()) {
                throw new NotPossible("parameters precede the query");
            }
            List<String> literals = new ArrayList<>();
            for (Object parameter : parameters) {
                literals.add(literal(postgres, parameter));
            }
            select = replaceBinds(last, literals::get);
        }
        return new CopyQuery(statements.stream().map(s -> s.nativeSql).toList(), select);
    }

    private static String replaceBinds(NativeQuery query, IntFunction<String> replacement) {
        StringBuilder sql = new StringBuilder();
        int from = 0;
        for (int i = 0; i < query.bindPositions.length; i++) {
            sql.append(query.nativeSql, from, query.bindPositions[i]).append(replacement.apply(i));
            from = query.bindPositions[i] + NativeQuery.bindName(i + 1).length();
        }
        return sql.append(query.nativeSql.substring(from)).toString();
    }

    /** Returns a literal of the type, and with the text, that the driver binds. */
    private static String literal(BaseConnection postgres, Object value) throws SQLException, NotPossible {
        if (value == null) {
            return "NULL";
        }
        String text;
        String type;
        if (value instanceof String string && postgres.getStringVarcharFlag()) {
            text = string;
            type = "varchar";
        } else if (value instanceof Long || value instanceof Integer) {
            text = value.toString();
            type = value instanceof Long ? "int8" : "int4";
        } else if (value instanceof BigDecimal) {
            text = value.toString();
            type = "numeric";
        } else if (value instanceof Double) {
            text = value.toString();
            type = "float8";
        } else if (value instanceof Boolean) {
            text = value.toString();
            type = "bool";
        } else if (value instanceof LocalDate date && isCommon(date)) {
            text = date.toString();
            type = "date";
        } else if (value instanceof LocalTime time && isMicros(time)) {
            text = time.toString();
            type = "time";
        } else if (value instanceof LocalDateTime time
                && isCommon(time.toLocalDate())
                && isMicros(time.toLocalTime())) {
            text = time.toString();
            type = "timestamp";
        } else if (value instanceof OffsetDateTime time
                && isCommon(time.toLocalDate())
                && isMicros(time.toLocalTime())) {
            text = time.toString();
            type = "timestamptz";
        } else {
            throw new NotPossible(
                    "a parameter is a " + value.getClass().getSimpleName() + " that has to be bound by the driver");
        }
        if (text.indexOf('\0') >= 0) {
            throw new NotPossible("a parameter contains the character 0");
        }
        return "('" + postgres.escapeString(text) + "'::pg_catalog." + type + ")";
    }

    /** The driver rounds what the server cannot store. */
    private static boolean isMicros(LocalTime time) {
        return time.truncatedTo(ChronoUnit.MICROS).equals(time);
    }

    private static boolean isCommon(LocalDate date) {
        return date.getYear() >= 1 && date.getYear() <= 9999;
    }

    /** Starts the query. */
    CopyRows start(CancellableConnection held, int batchRows, SqlErrors errors) throws SQLException, NotPossible {
        Connection connection = held.connection();
        for (String setting : settings) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(setting);
            }
        }
        List<Column> columns = new ArrayList<>();
        List<CopyDecoder> decoders = new ArrayList<>();
        try (PreparedStatement described = connection.prepareStatement(describable())) {
            ResultSetMetaData metaData = described.getMetaData();
            if (metaData == null || metaData.getColumnCount() == 0) {
                throw new NotPossible("the query has no columns");
            }
            for (int i = 1; i <= metaData.getColumnCount(); i++) {
                ColumnReader reader = ColumnReader.of(metaData, i);
                CopyDecoder decoder = CopyDecoder.of(reader, metaData, i);
                if (decoder == null) {
                    throw new NotPossible(
                            "column " + reader.column().name() + " has the type " + metaData.getColumnTypeName(i));
                }
                columns.add(reader.column());
                decoders.add(decoder);
            }
        }
        Row.Header header = SourceRows.header(columns);
        return new CopyRows(
                held,
                copy(connection, "COPY (" + withTexts(decoders) + "\n) TO STDOUT (FORMAT BINARY)"),
                columns,
                header,
                decoders.stream().map(CopyDecoder::column).toArray(CopyColumn[]::new),
                batchRows,
                errors);
    }

    private static CopyOut copy(Connection connection, String sql) throws SQLException {
        try {
            return connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
        } catch (SQLException e) {
            String state = SqlState.of(e);
            if (state.startsWith("42") || state.startsWith("0A")) {
                throw new Refused(e);
            }
            throw e;
        }
    }

    /** Returns the query for the driver to describe, which takes every {@code ?} for a parameter. */
    private String describable() throws SQLException, NotPossible {
        if (select.contains("??")) {
            throw new NotPossible("the query contains ??");
        }
        return replaceBinds(
                Parser.parseJdbcSql(select, true, true, false, false, false).get(0), i -> "??");
    }

    /** The server's own text, as it sends it for these types without COPY; a cast to text differs for some. */
    private String withTexts(List<CopyDecoder> decoders) {
        if (decoders.stream().noneMatch(CopyDecoder::asText)) {
            return select;
        }
        String names =
                IntStream.range(0, decoders.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        String values = IntStream.range(0, decoders.size())
                .mapToObj(i -> decoders.get(i).asText()
                        ? "CASE WHEN c" + i + " IS DISTINCT FROM NULL THEN pg_catalog.format('%s', c" + i + ") END"
                        : "c" + i)
                .collect(Collectors.joining(", "));
        return "SELECT " + values + " FROM (" + select + "\n) AS q (" + names + ")";
    }
}
