package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.caravan.snowflake.fake.Token.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * COPY INTO a table from a stage: CSV and JSON, as they are or through a SELECT. Each file is loaded once into a table,
 * unless its content changes or FORCE is set.
 */
final class CopyInto {

    private static final Set<String> OPTIONS = Set.of(
            "FILES", "FILE_FORMAT", "ON_ERROR", "PURGE", "FORCE", "PATTERN", "RETURN_FAILED_ONLY", "TRUNCATECOLUMNS");
    private static final Set<String> FORMAT = Set.of(
            "TYPE",
            "COMPRESSION",
            "FIELD_DELIMITER",
            "RECORD_DELIMITER",
            "SKIP_HEADER",
            "FIELD_OPTIONALLY_ENCLOSED_BY",
            "ESCAPE",
            "ESCAPE_UNENCLOSED_FIELD",
            "NULL_IF",
            "EMPTY_FIELD_AS_NULL",
            "ERROR_ON_COLUMN_COUNT_MISMATCH",
            "BINARY_FORMAT",
            "DATE_FORMAT",
            "TIME_FORMAT",
            "TIMESTAMP_FORMAT",
            "TRIM_SPACE",
            "ENCODING",
            "MULTI_LINE",
            "REPLACE_INVALID_CHARACTERS",
            "STRIP_OUTER_ARRAY");
    private static final String ROWS = "temp.main._copy";
    private static final String FIX =
            "\n  If you would like to continue loading when an error is encountered, use other"
                    + " values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options,"
                    + " please run 'info loading_data' in a SQL client.";

    private final FakeSession session;
    private final List<String> table;
    private final List<Metadata.Column> columns;
    /** The SELECT around the stage, or null. */
    private final List<Token> transformation;

    private final Stages.Place place;
    private final Map<String, Object> options;
    private final Map<String, Object> format;
    private final int width;
    private final List<Source> sources = new ArrayList<>();

    /** A file and the result of loading it. */
    private static final class Source {

        private final Path path;
        private final String name;
        private final String shown;
        private long parsed;
        private long loaded;
        private long errors;
        private Problem first;

        Source(Path path, String name, String shown) {
            this.path = path;
            this.name = name;
            this.shown = shown;
        }

        void failed(Problem problem) {
            errors++;
            if (first == null) {
                first = problem;
            }
        }
    }

    private record Problem(int code, String sqlState, String message, long line, String column) {}

    private CopyInto(FakeSession session, List<Token> tokens) throws SQLException {
        this.session = session;
        if (!tokens.get(1).is("INTO") || tokens.get(2).kind() == Kind.STAGE) {
            throw StatementError.unsupported("COPY INTO a stage");
        }
        List<Token> name = SqlTranslator.nameAt(tokens, 2);
        table = session.resolve(name.stream().map(Token::value).toList());
        if (session.temporary(table) == null && !Metadata.isTable(session, table)) {
            throw new StatementError(
                    2003,
                    "42S02",
                    "SQL compilation error:\nTable '" + String.join(".", table)
                            + "' does not exist or not authorized.");
        }
        int at = 2 + 2 * name.size() - 1;
        List<Metadata.Column> all = Metadata.columns(session, table);
        if (tokens.get(at).is("(")) {
            int close = StatementOptions.close(tokens, at);
            columns = new ArrayList<>();
            for (Token column : tokens.subList(at + 1, close)) {
                if (column.isName()) {
                    columns.add(all.stream()
                            .filter(known -> known.name().equals(column.value()))
                            .findFirst()
                            .orElseThrow(() -> new StatementError(
                                    904,
                                    "42000",
                                    "SQL compilation error: error line 1 at position 0\ninvalid identifier '"
                                            + column.text() + "'")));
                }
            }
            at = close + 1;
        } else {
            columns = all;
        }
        if (!tokens.get(at).is("FROM")) {
            throw StatementError.syntax("syntax error: FROM is missing.");
        }
        Token from = tokens.get(at + 1);
        int end = at + 2;
        if (from.is("(")) {
            int close = StatementOptions.close(tokens, at + 1);
            transformation = tokens.subList(at + 2, close);
            from = transformation.stream()
                    .filter(CopyInto::isStage)
                    .findFirst()
                    .orElseThrow(() -> StatementError.syntax("syntax error: the stage is missing."));
            end = close + 1;
        } else {
            transformation = null;
        }
        if (!isStage(from)) {
            throw StatementError.unsupported("COPY from " + from.text());
        }
        place = Stages.place(session, from.value());
        options = StatementOptions.parse(tokens, end);
        known(options, OPTIONS);
        format = new HashMap<>(place.stage().format());
        format.putAll(StatementOptions.group(options, "FILE_FORMAT"));
        known(format, FORMAT);
        if (!Set.of("CSV", "JSON").contains(type())) {
            throw StatementError.unsupported("files of type " + type());
        }
        width = transformation == null
                ? columns.size()
                : transformation.stream()
                        .filter(token -> token.kind() == Kind.POSITION)
                        .mapToInt(token -> Integer.parseInt(token.text().substring(1)))
                        .max()
                        .orElse(1);
        if (type().equals("JSON")
                && transformation == null
                && !(width == 1 && columns.get(0).type().equals("VARIANT"))) {
            throw new StatementError(
                    2026,
                    "0A000",
                    "SQL compilation error:\nJSON file format can produce one and only one column of variant, object, or array"
                            + " type. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with"
                            + " transformation.");
        }
    }

    private static boolean isStage(Token token) {
        return token.kind() == Kind.STAGE
                || (token.kind() == Kind.STRING && token.value().startsWith("@"));
    }

    private static void known(Map<String, Object> settings, Set<String> names) {
        settings.keySet().stream()
                .filter(name -> !names.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw StatementError.unsupported("the option " + name + " of COPY");
                });
    }

    private String type() {
        return format.getOrDefault("TYPE", "CSV").toString().toUpperCase(java.util.Locale.ROOT);
    }

    private String onError() {
        return options.getOrDefault("ON_ERROR", "ABORT_STATEMENT").toString().toUpperCase(java.util.Locale.ROOT);
    }

    static Reply run(FakeSession session, List<Token> tokens) throws SQLException {
        session.needWarehouse();
        // checked first, so that an invalid statement changes nothing
        CopyInto copy = new CopyInto(session, tokens);
        copy.choose();
        return session.write(() -> new CopyInto(session, tokens).copy());
    }

    private Reply copy() throws SQLException {
        choose();
        if (sources.isEmpty()) {
            return Reply.status(Reply.COPY, "Copy executed with 0 files processed.");
        }
        String type = type().equals("JSON") ? "JSON" : "VARCHAR";
        session.duck("CREATE OR REPLACE TEMP TABLE _copy (file INTEGER, \"METADATA$FILE_ROW_NUMBER\" BIGINT,"
                + " \"METADATA$FILENAME\" VARCHAR"
                + IntStream.rangeClosed(1, width)
                        .mapToObj(i -> ", \"$" + i + "\" " + type)
                        .collect(Collectors.joining())
                + ")");
        read();
        String select = transformation == null ? plain() : transformed();
        dropFailed();
        session.duck("INSERT INTO " + session.duckName(table) + " ("
                + columns.stream()
                        .map(column -> DuckDbNames.quote(column.name()))
                        .collect(Collectors.joining(", ")) + ") "
                + select);
        count();
        session.duck("DROP TABLE " + ROWS);
        for (Source source : sources) {
            if (source.loaded > 0 || source.errors == 0) {
                String content = source.name + " " + Stages.md5(source.path);
                session.atCommit(() -> session.storage().loaded(table).add(content));
                if (CsvReader.is(options, "PURGE", false)) {
                    session.atCommit(() -> Stages.delete(source.path));
                }
            }
        }
        return reply();
    }

    /** Returns the files to load. */
    private void choose() {
        List<Path> files = place.files();
        Set<String> wanted = options.get("FILES") instanceof List<?> list
                ? list.stream().map(Object::toString).collect(Collectors.toCollection(java.util.LinkedHashSet::new))
                : null;
        if (wanted != null) {
            if (wanted.size() > 1000) {
                throw new StatementError(
                        1000, "0A000", "SQL compilation error:\nMaximum number of files in FILES (1000) is exceeded.");
            }
            files = new ArrayList<>();
            for (String name : wanted) {
                Path file = place.stage().directory().resolve(place.path()).resolve(name);
                if (!Files.isRegularFile(file)) {
                    throw new StatementError(
                            91016,
                            "22000",
                            "Remote file '" + place.shown(file)
                                    + "' was not found. If you are running a copy command, please"
                                    + " make sure files are not deleted when they are being loaded or files are not being"
                                    + " loaded into two different tables concurrently with auto purge option.");
                }
                files.add(file);
            }
        } else if (options.containsKey("PATTERN")) {
            String pattern = options.get("PATTERN").toString();
            files = files.stream()
                    .filter(file -> place.name(file).matches(pattern))
                    .toList();
        }
        boolean force = CsvReader.is(options, "FORCE", false);
        for (Path file : files) {
            String name = place.name(file);
            if (force || !session.storage().loaded(table).contains(name + " " + Stages.md5(file))) {
                sources.add(new Source(file, name, place.shown(file)));
            }
        }
    }

    // reading

    private void read() throws SQLException {
        DuckDBAppender appender = ((DuckDBConnection) session.connection()).createAppender("temp", "main", "_copy");
        try {
            for (int i = 0; i < sources.size(); i++) {
                Source source = sources.get(i);
                try (InputStream in = open(source)) {
                    if (type().equals("CSV")) {
                        readCsv(appender, i, source, in);
                    } else {
                        readJson(appender, i, source, in);
                    }
                } catch (JsonProcessingException e) {
                    failed(
                            source,
                            new Problem(
                                    100069,
                                    "22P02",
                                    "Error parsing JSON: " + e.getOriginalMessage(),
                                    source.parsed + 1,
                                    null));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        } finally {
            appender.close();
        }
    }

    private InputStream open(Source source) throws IOException {
        InputStream in = Files.newInputStream(source.path);
        String compression =
                format.getOrDefault("COMPRESSION", "AUTO").toString().toUpperCase(java.util.Locale.ROOT);
        return switch (compression) {
            case "AUTO" -> open(source.name, in);
            case "GZIP" -> new GZIPInputStream(in, 1 << 16);
            case "ZSTD" -> new ZstdInputStreamNoFinalizer(in);
            case "NONE" -> in;
            default -> throw StatementError.unsupported("the compression " + compression);
        };
    }

    private static InputStream open(String name, InputStream in) throws IOException {
        if (name.endsWith(".gz")) {
            return new GZIPInputStream(in, 1 << 16);
        }
        return name.endsWith(".zst") ? new ZstdInputStreamNoFinalizer(in) : in;
    }

    private void readCsv(DuckDBAppender appender, int index, Source source, InputStream in)
            throws IOException, SQLException {
        boolean exact = transformation == null && CsvReader.is(format, "ERROR_ON_COLUMN_COUNT_MISMATCH", true);
        int length = -1;
        long skip = Long.parseLong(format.getOrDefault("SKIP_HEADER", "0").toString());
        try (CsvReader reader =
                new CsvReader(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16), format)) {
            while (true) {
                long line = reader.line();
                List<String> fields;
                try {
                    fields = reader.next();
                } catch (StatementError e) {
                    failed(source, new Problem(e.code(), e.sqlState(), e.getMessage(), line, null));
                    return;
                }
                if (fields == null) {
                    return;
                } else if (skip-- > 0) {
                    continue;
                }
                source.parsed++;
                length = length < 0 ? fields.size() : length;
                // "a file containing records of varying length return an error regardless of the value": COPY INTO
                // <table>
                if (transformation == null && (fields.size() != length || (exact && length != width))) {
                    failed(
                            source,
                            new Problem(
                                    100080,
                                    "22000",
                                    "Number of columns in file (" + fields.size()
                                            + ") does not match that of the corresponding table (" + width
                                            + "), use file format option error_on_column_count_mismatch=false to ignore this"
                                            + " error",
                                    line,
                                    null));
                    continue;
                }
                append(appender, index, source, line, fields);
            }
        }
    }

    private void append(DuckDBAppender appender, int index, Source source, long line, List<String> fields)
            throws SQLException {
        appender.beginRow().append(index).append(line).append(source.name);
        for (int i = 0; i < width; i++) {
            String field = i < fields.size() ? fields.get(i) : null;
            if (field == null) {
                appender.appendNull();
            } else {
                appender.append(field);
            }
        }
        appender.endRow();
    }

    private void readJson(DuckDBAppender appender, int index, Source source, InputStream in)
            throws IOException, SQLException {
        boolean strip = CsvReader.is(format, "STRIP_OUTER_ARRAY", false);
        try (JsonParser parser = Variants.MAPPER.createParser(in);
                MappingIterator<JsonNode> values =
                        Variants.MAPPER.readerFor(JsonNode.class).readValues(parser)) {
            while (values.hasNextValue()) {
                JsonNode value = values.nextValue();
                for (JsonNode row : strip && value.isArray() ? value : List.of(value)) {
                    source.parsed++;
                    append(appender, index, source, source.parsed, List.of(row.toString()));
                }
            }
        }
    }

    private void failed(Source source, Problem problem) {
        source.failed(problem);
        if (onError().equals("ABORT_STATEMENT")) {
            String row =
                    problem.column() == null ? "" : ", column \"" + table.get(2) + "\"[\"" + problem.column() + "\"]";
            throw new StatementError(
                    problem.code(),
                    problem.sqlState(),
                    problem.message() + "\n  File '" + source.name + "', line " + problem.line()
                            + ", character 1\n  Row " + problem.line() + row + FIX);
        }
    }

    // writing

    private String plain() throws SQLException {
        List<String> expressions = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            Metadata.Column column = columns.get(i);
            String field = "\"$" + (i + 1) + "\"";
            String converted = type().equals("JSON") ? field : convert(field, column.type());
            expressions.add(converted);
            if (!converted.equals(field)) {
                wrong.add("SELECT file, \"METADATA$FILE_ROW_NUMBER\" AS line, " + i + " AS position, " + field
                        + " AS value FROM " + ROWS + " WHERE " + field + " IS NOT NULL AND (" + converted
                        + ") IS NULL");
            }
        }
        if (!wrong.isEmpty()) {
            for (List<Object> row : session.query(String.join(" UNION ALL ", wrong) + " ORDER BY 1, 2, 3")) {
                Metadata.Column column = columns.get(((Number) row.get(2)).intValue());
                failed(
                        sources.get(((Number) row.get(0)).intValue()),
                        problem((String) row.get(3), column, ((Number) row.get(1)).longValue()));
                session.duck("UPDATE " + ROWS + " SET file = -1 - file WHERE file = " + row.get(0)
                        + " AND \"METADATA$FILE_ROW_NUMBER\" = " + row.get(1));
            }
        }
        return "SELECT " + String.join(", ", expressions) + " FROM " + ROWS + " WHERE file >= 0";
    }

    private static String convert(String field, String type) {
        String kind = type.replaceFirst("\\(.*", "");
        return switch (kind) {
            case "VARCHAR" -> field;
            case "NUMBER" -> "TRY_CAST(" + field + " AS " + type.replace("NUMBER", "DECIMAL") + ")";
            case "FLOAT" -> "TRY_CAST(" + field + " AS DOUBLE)";
            case "BOOLEAN" ->
                "CASE WHEN lower(" + field + ") IN ('true', 't', 'yes', 'y', 'on', '1') THEN TRUE WHEN lower(" + field
                        + ") IN ('false', 'f', 'no', 'n', 'off', '0') THEN FALSE END";
            case "BINARY" ->
                "CASE WHEN regexp_full_match(" + field + ", '([0-9A-Fa-f]{2})*') THEN unhex(" + field + ") END";
            case "DATE" -> "TRY_CAST(" + field + " AS DATE)";
            case "TIME" -> "TRY_CAST(" + field + " AS TIME)";
            case "TIMESTAMP_NTZ" -> "TRY_CAST(" + field + " AS TIMESTAMP)";
            case "TIMESTAMP_TZ", "TIMESTAMP_LTZ" -> "TRY_CAST(" + field + " AS TIMESTAMPTZ)";
            default -> "TRY_CAST(" + field + " AS JSON)";
        };
    }

    private static Problem problem(String value, Metadata.Column column, long line) {
        String kind = column.type().replaceFirst("\\(.*", "");
        return switch (kind) {
            case "BOOLEAN" ->
                new Problem(100037, "22018", "Boolean value '" + value + "' is not recognized", line, column.name());
            case "DATE" -> new Problem(100040, "22007", "Date '" + value + "' is not recognized", line, column.name());
            case "TIME" -> new Problem(100108, "22007", "Time '" + value + "' is not recognized", line, column.name());
            case "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "TIMESTAMP_LTZ" ->
                new Problem(100035, "22007", "Timestamp '" + value + "' is not recognized", line, column.name());
            case "BINARY" ->
                new Problem(
                        100115,
                        "22000",
                        "The following string is not a legal hex-encoded value: '" + value + "'",
                        line,
                        column.name());
            case "VARIANT", "OBJECT", "ARRAY" ->
                new Problem(100069, "22P02", "Error parsing JSON: " + value, line, column.name());
            default ->
                new Problem(100038, "22018", "Numeric value '" + value + "' is not recognized", line, column.name());
        };
    }

    private String transformed() {
        List<Token> tokens = new ArrayList<>();
        for (Token token : transformation) {
            if (isStage(token)) {
                tokens.addAll(Token.of(ROWS));
            } else {
                tokens.add(token);
            }
        }
        return SqlTranslator.translate(session, tokens);
    }

    /** Skips a whole file if it has an error, as SKIP_FILE does. */
    private void dropFailed() throws SQLException {
        for (int i = 0; i < sources.size(); i++) {
            if (sources.get(i).errors > 0 && onError().startsWith("SKIP_FILE")) {
                session.duck("UPDATE " + ROWS + " SET file = -1 - file WHERE file = " + i);
            }
        }
        session.duck("DELETE FROM " + ROWS + " WHERE file < 0");
    }

    private void count() throws SQLException {
        for (List<Object> row : session.query("SELECT file, count(*) FROM " + ROWS + " GROUP BY file")) {
            sources.get(((Number) row.get(0)).intValue()).loaded = ((Number) row.get(1)).longValue();
        }
    }

    private Reply reply() {
        List<Reply.Column> result = new ArrayList<>();
        for (String name : List.of("file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen")) {
            result.add(name.length() > 6 ? Reply.Column.number(name) : Reply.Column.text(name));
        }
        result.add(Reply.Column.text("first_error"));
        result.add(Reply.Column.number("first_error_line"));
        result.add(Reply.Column.number("first_error_character"));
        result.add(Reply.Column.text("first_error_column_name"));
        List<List<String>> rows = new ArrayList<>();
        for (Source source : sources) {
            String status = source.errors == 0 ? "LOADED" : source.loaded > 0 ? "PARTIALLY_LOADED" : "LOAD_FAILED";
            Problem first = source.first;
            rows.add(Arrays.asList(
                    source.shown,
                    status,
                    String.valueOf(source.parsed),
                    String.valueOf(source.loaded),
                    onError().equals("CONTINUE") ? String.valueOf(source.parsed) : "1",
                    String.valueOf(source.errors),
                    first == null ? null : first.message(),
                    first == null ? null : String.valueOf(first.line()),
                    first == null ? null : "1",
                    first == null || first.column() == null
                            ? null
                            : "\"" + table.get(2) + "\"[\"" + first.column() + "\"]"));
        }
        return new Reply(Reply.COPY, result, rows);
    }
}
