package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.snowflake.fake.Storage.Stage;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Stages as directories, with PUT, LIST and REMOVE. */
final class Stages {

    private static final Pattern PUT = Pattern.compile(
            "\\s*put\\s+(?:'file://((?:[^'\\\\]|\\\\.|'')*)'|file://(\\S+))\\s+(?:'(@[^']*)'|(@(?:\"[^\"]*\"|\\S)+))\\s*(.*?);?\\s*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern OF_STAGE = Pattern.compile(
            "\\s*(?:list|ls|remove|rm)\\s+(?:'(@[^']*)'|(@(?:\"[^\"]*\"|\\S)+))"
                    + "(?:\\s+pattern\\s*=\\s*'((?:[^']|'')*)')?;?\\s*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    /** What PUT and COPY know, as the documentation lists it. */
    private static final Set<String> COMPRESSIONS =
            Set.of("AUTO_DETECT", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE");

    private static final Pattern NAME = Pattern.compile("\"((?:[^\"]|\"\")*)\"|([^./\"]+)");

    private Stages() {}

    /** A path in a stage. */
    record Place(Stage stage, String path) {

        /** Returns the files below the path, sorted. */
        List<Path> files() {
            try (Stream<Path> all = Files.walk(stage.directory())) {
                return all.filter(Files::isRegularFile)
                        .filter(file -> name(file).startsWith(path))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Returns the path of a file below the stage. */
        String name(Path file) {
            return stage.directory().relativize(file).toString();
        }

        /** Returns the name that LIST and COPY show for a file. */
        String shown(Path file) {
            return stage.name().get(2).toLowerCase(Locale.ROOT) + "/" + name(file);
        }
    }

    /** Parses a reference such as {@code @db.schema.stage/path}. */
    static Place place(FakeSession session, String reference) {
        String text = reference.substring(1);
        List<String> name = new ArrayList<>();
        Matcher part = NAME.matcher(text);
        int at = 0;
        while (part.find(at) && part.start() == at) {
            name.add(
                    part.group(1) != null
                            ? part.group(1).replace("\"\"", "\"")
                            : part.group(2).toUpperCase(Locale.ROOT));
            at = part.end();
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
            } else {
                break;
            }
        }
        String path = at < text.length() ? text.substring(at + 1) : "";
        return new Place(stage(session, name), path);
    }

    private static Stage stage(FakeSession session, List<String> name) {
        Storage storage = session.storage();
        String last = name.isEmpty() ? "" : name.get(name.size() - 1);
        List<String> full = last.equals("~") ? List.of("", session.user(), "~") : session.resolve(name);
        if (last.startsWith("~") || last.startsWith("%")) {
            return storage.stages.computeIfAbsent(full, key -> new Stage(key, storage.newDirectory(), Map.of()));
        }
        Stage stage = session.stage(full);
        if (stage == null) {
            throw StatementError.missing("Stage", String.join(".", full));
        }
        return stage;
    }

    /**
     * Answers PUT; the driver then copies the files itself.
     *
     * @param secret the credentials of the cloud storage
     */
    static ObjectNode put(FakeSession session, String sql, String secret) {
        Matcher put = PUT.matcher(sql);
        if (!put.matches()) {
            throw StatementError.syntax("syntax error in PUT: " + sql);
        }
        String source = put.group(1) != null ? put.group(1).replace("''", "'").replace("\\\\", "\\") : put.group(2);
        Place place = place(session, put.group(3) != null ? put.group(3) : put.group(4));
        Map<String, Object> options = StatementOptions.parse(Token.of(put.group(5)), 0);
        String compression = options.getOrDefault("SOURCE_COMPRESSION", "AUTO_DETECT")
                .toString()
                .toUpperCase(Locale.ROOT);
        if (!COMPRESSIONS.contains(compression)) {
            throw StatementError.syntax("invalid value [" + compression + "] for parameter 'SOURCE_COMPRESSION'");
        }
        Path target = place.stage().directory().resolve(place.path());
        try {
            Files.createDirectories(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.putObject("stageInfo")
                .put("locationType", "LOCAL_FS")
                .put("location", target + "/")
                .putObject("creds")
                .put("AWS_KEY_ID", secret)
                .put("AWS_SECRET_KEY", secret)
                .put("AWS_TOKEN", secret);
        data.putArray("src_locations").add(source);
        data.put(
                        "parallel",
                        Integer.parseInt(options.getOrDefault("PARALLEL", "4").toString()))
                .put(
                        "autoCompress",
                        Boolean.parseBoolean(
                                options.getOrDefault("AUTO_COMPRESS", "true").toString()))
                .put(
                        "overwrite",
                        Boolean.parseBoolean(
                                options.getOrDefault("OVERWRITE", "false").toString()))
                .put("sourceCompression", compression.toLowerCase(Locale.ROOT))
                .put("command", "UPLOAD")
                .put("threshold", 200_000_000L)
                .put("statementTypeId", Reply.PUT);
        data.putNull("encryptionMaterial");
        return data;
    }

    static Reply list(FakeSession session, String sql) {
        Selection selection = selection(session, sql);
        List<List<?>> rows = new ArrayList<>();
        for (Path file : selection.files()) {
            try {
                rows.add(Arrays.asList(
                        selection.place().shown(file),
                        Files.size(file),
                        md5(file),
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.ofInstant(
                                Files.getLastModifiedTime(file).toInstant(), ZoneOffset.UTC))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Reply.table(Reply.LIST, List.of("name", "size", "md5", "last_modified"), rows);
    }

    static Reply remove(FakeSession session, String sql) {
        Selection selection = selection(session, sql);
        List<List<?>> rows = new ArrayList<>();
        for (Path file : selection.files()) {
            rows.add(List.of(selection.place().shown(file), "removed"));
            delete(file);
        }
        return Reply.table(Reply.REMOVE, List.of("name", "result"), rows);
    }

    static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Selection(Place place, Pattern pattern) {

        List<Path> files() {
            return place.files().stream()
                    .filter(file -> pattern == null
                            || pattern.matcher(place.shown(file)).matches())
                    .toList();
        }
    }

    private static Selection selection(FakeSession session, String sql) {
        Matcher matcher = OF_STAGE.matcher(sql);
        if (!matcher.matches()) {
            throw StatementError.syntax("syntax error in " + sql);
        }
        return new Selection(
                place(session, matcher.group(1) != null ? matcher.group(1) : matcher.group(2)),
                matcher.group(3) == null
                        ? null
                        : Pattern.compile(matcher.group(3).replace("''", "'")));
    }

    /** Returns the values of all rows that the driver bound through a stage. */
    static List<Binding> bindings(FakeSession session, String reference) {
        List<List<String>> columns = new ArrayList<>();
        for (Path file : place(session, reference).files()) {
            try (CsvReader reader = new CsvReader(
                    new InputStreamReader(
                            file.toString().endsWith(".gz")
                                    ? new GZIPInputStream(Files.newInputStream(file))
                                    : Files.newInputStream(file),
                            StandardCharsets.UTF_8),
                    Map.of("FIELD_OPTIONALLY_ENCLOSED_BY", "\""))) {
                for (List<String> row = reader.next(); row != null; row = reader.next()) {
                    for (int i = 0; i < row.size(); i++) {
                        if (columns.size() <= i) {
                            columns.add(new ArrayList<>());
                        }
                        columns.get(i).add(row.get(i));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return columns.stream().map(values -> new Binding("TEXT", values, true)).toList();
    }

    static String md5(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
