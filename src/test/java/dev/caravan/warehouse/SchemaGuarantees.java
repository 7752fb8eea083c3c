package dev.caravan.warehouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.data.Vectors;
import dev.caravan.run.PermanentException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.util.URISupport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine promises about columns: their types, their names, and how they change. */
public abstract class SchemaGuarantees extends WarehouseFixture {

    /** The type of a column in Caravan's terms. */
    private String type(String column) throws Exception {
        TableName name = TableName.parse(TABLE);
        try (LoadSession session = warehouse().engine().connect(name, null);
                Database database = session.open(false)) {
            return database.columns(database.resolve(name)).stream()
                    .filter(found -> found.name().equals(name(column)))
                    .map(found -> Types.text(found.type()))
                    .findFirst()
                    .orElse(null);
        }
    }

    /** What becomes of a type of Caravan's that the engine does not tell from another one. */
    protected String kept(String type) {
        return type;
    }

    /** Whether a text can have the character U+0000; an engine that cannot store it refuses it in a test of its own. */
    protected boolean storesNulCharacters() {
        return true;
    }

    /** How many bytes a name can have. */
    protected int longestName() {
        return 255;
    }

    /** A whole number without regard to its Java type. */
    private static Object whole(Object value) {
        return value instanceof Long || (value instanceof BigDecimal decimal && decimal.scale() == 0)
                ? new BigInteger(value.toString())
                : value;
    }

    /** A whole number without regard to its Java type, and an object of JSON without regard to its spelling. */
    private Object compared(Object value) {
        return value instanceof String text && text.startsWith("{") ? json(text) : whole(value);
    }

    private List<Object> compared(List<Object> values) {
        return values.stream().map(this::compared).toList();
    }

    private List<Object> values(String column) {
        return query("SELECT " + quote(name(column)) + " FROM " + TABLE + " ORDER BY _id").stream()
                .map(row -> row.get(0))
                .toList();
    }

    /** Rows of one column, numbered. */
    private static List<Map<String, Object>> column(int first, Object... values) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Object value : values) {
            rows.add(row("_id", first + rows.size(), "v", value));
        }
        return rows;
    }

    /** Returns a row with these values for its columns, in order. */
    protected static Map<String, Object> row(List<Column> columns, Object... values) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            row.put(columns.get(i).name(), values[i]);
        }
        return row;
    }

    protected static Column column(String name, ColumnType type) {
        return new Column(name, type);
    }

    @Nested
    class Values {

        /** Each value in rows of two loads, so that staging, the table and the way back are all passed twice. */
        @Test
        void comeBackAsTheyWent() {
            Map<String, List<Object>> samples = new LinkedHashMap<>();
            samples.put("INTEGER", List.of(Long.MIN_VALUE, -1L, 0L, 989127831L, Long.MAX_VALUE));
            samples.put(
                    "DOUBLE",
                    List.of(
                            898912.821982,
                            Double.NaN,
                            Double.POSITIVE_INFINITY,
                            Double.NEGATIVE_INFINITY,
                            Double.MIN_VALUE,
                            Double.MAX_VALUE,
                            -0.0,
                            0.1 + 0.2));
            samples.put("BOOLEAN", List.of(true, false));
            samples.put(
                    "TEXT",
                    List.of(
                            "",
                            "string data \n \r  \uD83E\uDD86",
                            "'); DROP TABLE x; --",
                            "\\N \\t \" ' ` ,",
                            storesNulCharacters() ? "nul \0 inside" : "nul",
                            "\u202Eright to left",
                            "y".repeat(100_000)));
            samples.put(
                    "DATE",
                    List.of(
                            LocalDate.of(2023, 2, 27),
                            LocalDate.of(1, 1, 1),
                            LocalDate.of(9999, 12, 31),
                            LocalDate.of(1582, 10, 10)));
            samples.put(
                    "TIME",
                    List.of(
                            LocalTime.MIDNIGHT,
                            LocalTime.of(13, 26, 45, 176_451_000),
                            LocalTime.of(23, 59, 59, 999_999_000)));
            samples.put(
                    "TIMESTAMP",
                    List.of(
                            LocalDateTime.of(2022, 5, 23, 13, 26, 45, 176_451_000),
                            LocalDateTime.of(2299, 12, 31, 0, 0, 1),
                            LocalDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_000),
                            LocalDateTime.of(1, 1, 1, 0, 0)));
            samples.put(
                    "TIMESTAMP_TZ",
                    List.of(
                            OffsetDateTime.of(2022, 5, 23, 13, 26, 45, 176_451_000, ZoneOffset.UTC),
                            OffsetDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_000, ZoneOffset.UTC)));
            samples.put(
                    "DECIMAL(38,10)",
                    List.of(
                            new BigDecimal("9999999999999999999999999999.0123456789"),
                            new BigDecimal("-0.0000000001"),
                            new BigDecimal("0E-10")));
            samples.put("DECIMAL(38,0)", List.of(new BigDecimal("99999999999999999999999999999999999999")));

            for (Map.Entry<String, List<Object>> sample : samples.entrySet()) {
                String name = "v_" + sample.getKey().replaceAll("\\W", "_");
                List<Map<String, Object>> rows = new ArrayList<>();
                sample.getValue().forEach(value -> rows.add(row("_id", rows.size(), name, value)));
                for (int load = 0; load < 2; load++) {
                    load(TABLE + "?mode=replace", rows);
                    assertThat(query("SELECT " + name + " FROM " + TABLE + " ORDER BY _id"))
                            .as(name)
                            .extracting(row -> whole(row.get(0)))
                            .isEqualTo(sample.getValue().stream()
                                    .map(SchemaGuarantees::whole)
                                    .toList());
                }
            }
        }

        @Test
        void ofBytesComeBackAsTheyWent() {
            byte[] bytes = {0, 1, -1, 127, -128};
            load(TABLE, column(0, bytes, new byte[0]));

            assertThat((byte[]) values("v").get(0)).isEqualTo(bytes);
            assertThat((byte[]) values("v").get(1)).isEmpty();
        }

        @Test
        void ofOtherJavaTypesFindTheirColumn() throws Exception {
            UUID uuid = UUID.randomUUID();
            load(
                    TABLE,
                    List.of(row(
                            "_id",
                            1,
                            "uuid",
                            uuid,
                            "constant",
                            TimeUnit.DAYS,
                            "sql_timestamp",
                            java.sql.Timestamp.valueOf("2026-01-01 12:00:00.123456"),
                            "sql_date",
                            java.sql.Date.valueOf("2026-01-01"),
                            "sql_time",
                            java.sql.Time.valueOf("12:00:01"),
                            "instant",
                            java.time.Instant.parse("2026-01-01T12:00:00.123456789Z"),
                            "float",
                            0.5f,
                            "small",
                            (short) 7,
                            "huge",
                            new BigInteger("18446744073709551616"),
                            "vast",
                            BigInteger.TEN.pow(40),
                            "precise",
                            new BigDecimal("0.123456789012345678901234567890123456789"),
                            "list",
                            List.of(1, "a", Map.of("b", 2)),
                            "map",
                            Map.of("at", LocalDate.of(2026, 1, 1)),
                            "ints",
                            new int[] {1, 2})));

            assertThat(query("SELECT uuid, constant, sql_timestamp, sql_date, sql_time, instant, "
                                    + quote(name("float")) + ", small, huge,"
                                    + " vast, precise FROM " + TABLE)
                            .get(0))
                    .containsExactly(
                            uuid.toString(),
                            "DAYS",
                            LocalDateTime.of(2026, 1, 1, 12, 0, 0, 123_456_000),
                            LocalDate.of(2026, 1, 1),
                            LocalTime.of(12, 0, 1),
                            OffsetDateTime.of(2026, 1, 1, 12, 0, 0, 123_456_000, ZoneOffset.UTC),
                            0.5,
                            7L,
                            new BigDecimal("18446744073709551616"),
                            BigInteger.TEN.pow(40).toString(),
                            "0.123456789012345678901234567890123456789");
            assertThat(query("SELECT list, map, ints FROM " + TABLE).get(0))
                    .extracting(SchemaGuarantees.this::json)
                    .containsExactly(json("[1,\"a\",{\"b\":2}]"), json("{\"at\":\"2026-01-01\"}"), json("[1,2]"));
            assertThat(type("list")).isEqualTo("JSON");
        }

        @Test
        void thatADecimalCannotHoldAreNull() throws Exception {
            load(
                    TABLE,
                    Vectors.rows(
                            List.of(column("_id", ColumnType.of(Kind.INTEGER)), column("v", ColumnType.decimal(10, 2))),
                            column(0, new BigDecimal("1.25"), Double.NaN, Double.POSITIVE_INFINITY)));

            assertThat(values("v")).containsExactly(new BigDecimal("1.25"), null, null);
            assertThat(type("v")).isEqualTo("DECIMAL(10,2)");
        }

        @Test
        void ofNestedJsonKeepAllTheirDigits() {
            load(TABLE, "[{\"_id\":1,\"v\":{\"EUR\":0.880022588123456789012345,\"XAU\":1.10,\"n\":null}}]");

            assertThat(values("v"))
                    .extracting(SchemaGuarantees.this::json)
                    .containsExactly(json("{\"EUR\":0.880022588123456789012345,\"XAU\":1.10,\"n\":null}"));
        }
    }

    @Nested
    class DeclaredTypes {

        @Test
        void makeColumnsThatAreNullInAllRows() throws Exception {
            List<Column> columns = new ArrayList<>();
            Map<String, Object> row = new LinkedHashMap<>();
            for (Kind kind : Kind.values()) {
                ColumnType type = kind == Kind.DECIMAL ? ColumnType.decimal(12, 3) : ColumnType.of(kind);
                columns.add(new Column(kind.name(), type));
                row.put(kind.name(), null);
            }
            load(TABLE, Vectors.rows(columns, List.of(row)));

            for (Column column : columns) {
                assertThat(type(column.name())).isEqualTo(Types.text(column.type()));
            }
            assertThat(query("SELECT " + quote(name("DECIMAL")) + ", " + quote(name("JSON")) + " FROM " + TABLE))
                    .containsExactly(Arrays.asList(null, null));
        }

        @Test
        void makeATableEvenWithoutRows() throws Exception {
            load(TABLE, Vectors.rows(List.of(column("v", ColumnType.of(Kind.DATE))), List.of()));

            assertThat(type("v")).isEqualTo("DATE");
        }

        @Test
        void ofJsonTakeTextAsItIs() {
            load(
                    TABLE,
                    Vectors.rows(
                            List.of(column("_id", ColumnType.of(Kind.INTEGER)), column("v", ColumnType.of(Kind.JSON))),
                            column(0, "{\"a\": 1.50}", "\"text\"", "null")));

            assertThat(values("v"))
                    .extracting(value -> value.toString().replace(" ", ""))
                    .containsExactly("{\"a\":1.50}", "\"text\"", "null");
        }
    }

    /** Rows that come by column. */
    @Nested
    class Columns {

        private final List<Column> columns = List.of(
                column("_id", ColumnType.of(Kind.INTEGER)),
                column("flag", ColumnType.of(Kind.BOOLEAN)),
                column("small", ColumnType.decimal(4, 2)),
                column("price", ColumnType.decimal(9, 0)),
                column("amount", ColumnType.decimal(18, 6)),
                column("total", ColumnType.decimal(38, 10)),
                column("ratio", ColumnType.of(Kind.DOUBLE)),
                column("day", ColumnType.of(Kind.DATE)),
                column("clock", ColumnType.of(Kind.TIME)),
                column("at", ColumnType.of(Kind.TIMESTAMP)),
                column("moment", ColumnType.of(Kind.TIMESTAMP_TZ)),
                column("name", ColumnType.of(Kind.TEXT)),
                column("data", ColumnType.of(Kind.BINARY)),
                column("doc", ColumnType.of(Kind.JSON)),
                column("number", null));

        private List<Map<String, Object>> allKinds() {
            OffsetDateTime moment = OffsetDateTime.of(2026, 11, 28, 6, 0, 0, 123_456_000, ZoneOffset.UTC);
            List<Map<String, Object>> rows = new ArrayList<>();
            rows.add(row(
                    columns,
                    1L,
                    true,
                    new BigDecimal("-99.99"),
                    new BigDecimal("999999999"),
                    new BigDecimal("-0.000001"),
                    new BigDecimal("1234567890123456789012345678.0123456789"),
                    -0.1,
                    LocalDate.of(1582, 10, 10),
                    LocalTime.of(23, 59, 59, 999_999_000),
                    LocalDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_000),
                    moment,
                    "a",
                    new byte[] {0, -1, 39},
                    "{\"a\":1}",
                    null));
            rows.add(row(
                    columns,
                    (Object) 2L,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null));
            rows.add(row(
                    columns,
                    Long.MAX_VALUE,
                    false,
                    new BigDecimal("0.01"),
                    new BigDecimal("-1"),
                    new BigDecimal("999999999999.999999"),
                    new BigDecimal("0E-10"),
                    Double.MIN_VALUE,
                    LocalDate.of(1, 1, 1),
                    LocalTime.MIDNIGHT,
                    LocalDateTime.of(9999, 12, 31, 23, 59, 59),
                    moment.withYear(2),
                    "\"a \\ longer\n text\" with 'quotes', \t \u00e9 and \uD83D\uDE00",
                    new byte[0],
                    "[]",
                    new BigDecimal("12.5")));
            rows.add(row(
                    columns,
                    (Object) 4L,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    "",
                    null,
                    null,
                    7L));
            return rows;
        }

        private List<List<Object>> loaded(String table) {
            String order = " ORDER BY " + quote(name("_id"));
            return query("SELECT "
                            + columns.stream()
                                    .map(column -> quote(name(column.name())))
                                    .collect(Collectors.joining(", "))
                            + " FROM " + table + order)
                    .stream()
                    .map(values -> values.stream()
                            .map(value -> value instanceof byte[] bytes ? Arrays.toString(bytes) : value)
                            .toList())
                    .toList();
        }

        /** In batches of three a column without a type has a number in the first and another type in the second. */
        @ParameterizedTest
        @ValueSource(ints = {1, 3, 100})
        void loadTheSameAsRows(int batch) {
            LoadResult rows = load("DLT.SHOP.ROWS", Vectors.rows(columns, allKinds()));
            LoadResult byColumn = load("DLT.SHOP.COLUMNS", Vectors.columnar(columns, allKinds(), batch));

            assertThat(byColumn.rows()).isEqualTo(rows.rows()).isEqualTo(4);
            assertThat(loaded("DLT.SHOP.COLUMNS")).hasSize(4).isEqualTo(loaded("DLT.SHOP.ROWS"));
        }

        @Test
        void areConvertedToStatedTypes() {
            String types = "?type.price=text&type.at=date&type.name=text&type.ratio=decimal(20,4)";
            List<Map<String, Object>> rows = allKinds();
            rows.forEach(row ->
                    row.replaceAll((name, value) -> List.of("at", "ratio").contains(name) ? null : value));
            load("DLT.SHOP.ROWS" + types, Vectors.rows(columns, rows));
            load("DLT.SHOP.COLUMNS" + types, Vectors.columnar(columns, rows, 2));

            assertThat(loaded("DLT.SHOP.COLUMNS")).isEqualTo(loaded("DLT.SHOP.ROWS"));
            assertThat(loaded("DLT.SHOP.COLUMNS").get(0)).contains("999999999");

            assertThatThrownBy(
                            () -> load("DLT.SHOP.COLUMNS?type.name=integer", Vectors.columnar(columns, allKinds(), 2)))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("Column name must be INTEGER, but row 1 has a");
        }

        @Test
        void changeTheTableAsRowsDo() {
            ColumnType integer = ColumnType.of(Kind.INTEGER);
            List<Column> ids = List.of(column("_id", integer), column("n", integer));
            load(TABLE, Vectors.columnar(ids, List.of(row("_id", 1L, "n", 10L)), 10));
            List<Column> wider = List.of(column("_id", integer), column("n", ColumnType.decimal(10, 2)));
            load(TABLE, Vectors.columnar(wider, List.of(row("_id", 2L, "n", new BigDecimal("0.25"))), 10));

            assertThat(query("SELECT " + quote(name("n")) + " FROM " + TABLE + " ORDER BY " + quote(name("_id"))))
                    .extracting(values -> new BigDecimal(values.get(0).toString())
                            .stripTrailingZeros()
                            .toPlainString())
                    .containsExactly("10", "0.25");
        }

        @Test
        void moveTheCursorAndMergeByKey() {
            ColumnType integer = ColumnType.of(Kind.INTEGER);
            List<Column> ids = List.of(column("_id", integer), column("n", integer));
            String options = TABLE + "?mode=merge&key=_id&cursor=n";
            load(options, Vectors.columnar(ids, List.of(row("_id", 1L, "n", 10L), row("_id", 2L, "n", 11L)), 1));
            LoadResult result = load(
                    options,
                    Vectors.columnar(
                            ids,
                            List.of(row("_id", 2L, "n", 13L), row("_id", 2L, "n", 12L), row("_id", 3L, "n", 5L)),
                            2));

            assertThat(result.inserted()).isEqualTo(1);
            assertThat(result.updated()).isEqualTo(1);
            assertThat(result.cursorAfter()).isEqualTo("13");
            assertThatThrownBy(() -> load(options, Vectors.columnar(ids, List.of(row("_id", null, "n", 1L)), 1)))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("NULL in the key column _id");
        }
    }

    @Nested
    class StatedTypes {

        @Test
        void turnJsonIntoWhatItMeans() throws Exception {
            load(
                    TABLE + "?type.day=DATE&type.at=TIMESTAMP_TZ&type.wall=TIMESTAMP&type.price=DECIMAL(18,2)"
                            + "&type.n=INTEGER&type.flag=BOOLEAN&type.t=TIME&type.code=TEXT&type.doc=JSON",
                    "{\"day\":\"2026-01-31\",\"at\":\"2022-05-10T00:17:15.300000+02:00\",\"wall\":\"2026-01-01 10:00:00\","
                            + "\"price\":12.5,\"n\":\"7\",\"flag\":\"true\",\"t\":\"10:11:12\",\"code\":7,\"doc\":\"[1]\"}");

            assertThat(query("SELECT day, " + quote(name("at")) + ", wall, price, n, flag, t, code, doc FROM " + TABLE)
                            .get(0))
                    .containsExactly(
                            LocalDate.of(2026, 1, 31),
                            OffsetDateTime.of(2022, 5, 9, 22, 17, 15, 300_000_000, ZoneOffset.UTC),
                            LocalDateTime.of(2026, 1, 1, 10, 0),
                            new BigDecimal("12.50"),
                            7L,
                            true,
                            LocalTime.of(10, 11, 12),
                            "7",
                            "[1]");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "DATE=\"\u00fcbermorgen\"",
                    "DATE=\"2026-02-30\"",
                    "DATE=\"2026-01-01T10:00:00\"",
                    "INTEGER=1.5",
                    "INTEGER=92233720368547758080",
                    "DECIMAL(4,2)=1.234",
                    "DECIMAL(4,2)=123.4",
                    "DECIMAL(4,2)=1e1000000000",
                    "DECIMAL(4,2)=1e-1000000000",
                    "INTEGER=1e1000000000",
                    "DOUBLE=9007199254740993",
                    "DOUBLE=18446744073709551617",
                    "BOOLEAN=\"yes\"",
                    "TIMESTAMP_TZ=5",
                    "JSON=\"{\"",
                    "BINARY=\"x\""
                })
        void areKeptOrTheLoadIsRefused(String typeAndValue) {
            String[] parts = typeAndValue.split("=", 2);

            assertThatThrownBy(() -> load(TABLE + "?type.v=" + parts[0], "{\"v\":" + parts[1] + "}"))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("Column v")
                    .hasMessageContaining("row 1");
        }

        @Test
        void keepAllDigitsOfJson() {
            load(
                    TABLE + "?type.a=DECIMAL(38,20)&type.B=DECIMAL(30,1)&type.c=INTEGER&type.d=DOUBLE&type.e=DOUBLE",
                    "[{\"a\":123456789.12345678901234567890,\"b\":1.2345e20,\"c\":9007199254740993.0,"
                            + "\"d\":0.12345678901234567890,\"e\":9007199254740992},"
                            + "{\"a\":0e-1000000000,\"b\":0,\"c\":-1.0,\"d\":1,\"e\":0.5}]");

            assertThat(query("SELECT a, b, c, d, e FROM " + TABLE + " ORDER BY a DESC"))
                    .containsExactly(
                            List.of(
                                    new BigDecimal("123456789.12345678901234567890"),
                                    new BigDecimal("123450000000000000000.0"),
                                    9007199254740993L,
                                    0.12345678901234568,
                                    9007199254740992.0),
                            List.of(new BigDecimal("0E-20"), new BigDecimal("0.0"), -1L, 1.0, 0.5));
        }

        @Test
        void areFoundWhateverTheirCase() throws Exception {
            load(TABLE + "?type.DAY=DATE", "{\"Day\":\"2026-01-31\"}");

            assertThat(type("Day")).isEqualTo("DATE");
        }
    }

    @Nested
    class Evolves {

        static Stream<Arguments> changes() {
            LocalDate day = LocalDate.of(2026, 1, 1);
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);
            OffsetDateTime moment = time.atOffset(ZoneOffset.UTC);
            BigDecimal big = new BigDecimal("12345678901234567890123456789012345678");
            return Stream.of(
                    // before, after, type, values
                    Arguments.of(1L, 1.5, "DOUBLE", List.of(1.0, 1.5)),
                    Arguments.of(1.5, 1L, "DOUBLE", List.of(1.5, 1.0)),
                    Arguments.of(1L, 2.0, "INTEGER", List.of(1L, 2L)),
                    Arguments.of(1.5, (1L << 53) + 1, "TEXT", List.of("1.5", "9007199254740993")),
                    Arguments.of((1L << 53) + 1, 1.5, "TEXT", List.of("9007199254740993", "1.5")),
                    Arguments.of(
                            1L,
                            new BigDecimal("2.50"),
                            "DECIMAL(21,2)",
                            List.of(new BigDecimal("1.00"), new BigDecimal("2.50"))),
                    Arguments.of(
                            new BigDecimal("1.5"),
                            new BigDecimal("12345.25"),
                            "DECIMAL(7,2)",
                            List.of(new BigDecimal("1.50"), new BigDecimal("12345.25"))),
                    Arguments.of(
                            new BigDecimal("12345.25"),
                            new BigDecimal("1.5"),
                            "DECIMAL(7,2)",
                            List.of(new BigDecimal("12345.25"), new BigDecimal("1.50"))),
                    Arguments.of(big, new BigDecimal("0.5"), "TEXT", List.of(big.toString(), "0.5")),
                    Arguments.of(new BigDecimal("1.5"), 0.25, "DOUBLE", List.of(1.5, 0.25)),
                    Arguments.of(
                            new BigDecimal("1.5"),
                            2.5,
                            "DECIMAL(2,1)",
                            List.of(new BigDecimal("1.5"), new BigDecimal("2.5"))),
                    Arguments.of(
                            Long.MAX_VALUE,
                            new BigInteger("9223372036854775808"),
                            "DECIMAL(19,0)",
                            List.of(new BigDecimal(Long.MAX_VALUE), new BigDecimal("9223372036854775808"))),
                    Arguments.of(7L, "seven", "TEXT", List.of("7", "seven")),
                    Arguments.of("seven", 7L, "TEXT", List.of("seven", "7")),
                    Arguments.of(true, "maybe", "TEXT", List.of("true", "maybe")),
                    Arguments.of(true, 1L, "TEXT", List.of("true", "1")),
                    Arguments.of(day, time, "TIMESTAMP", List.of(day.atStartOfDay(), time)),
                    Arguments.of(time, day, "TIMESTAMP", List.of(time, day.atStartOfDay())),
                    Arguments.of(day, day.atStartOfDay(), "DATE", List.of(day, day)),
                    Arguments.of(day, "2026-02-03", "DATE", List.of(day, LocalDate.of(2026, 2, 3))),
                    Arguments.of(
                            time,
                            "2026-02-03T10:00:00.123456",
                            "TIMESTAMP",
                            List.of(time, LocalDateTime.of(2026, 2, 3, 10, 0, 0, 123_456_000))),
                    Arguments.of(
                            moment,
                            "2026-02-03T10:00:00+02:00",
                            "TIMESTAMP_TZ",
                            List.of(moment, OffsetDateTime.of(2026, 2, 3, 8, 0, 0, 0, ZoneOffset.UTC))),
                    Arguments.of(Map.of("a", 1), "text", "TEXT", List.of("{\"a\":1}", "text")),
                    Arguments.of("text", Map.of("a", 1), "TEXT", List.of("text", "{\"a\":1}")),
                    Arguments.of(new byte[] {10, -1}, "text", "TEXT", List.of("0aff", "text")));
        }

        /** The table has the first value when the second one comes. */
        @ParameterizedTest
        @MethodSource("changes")
        void fromLoadToLoad(Object before, Object after, String type, List<Object> values) throws Exception {
            load(TABLE, column(0, before));
            load(TABLE, column(1, after));

            assertThat(type("v")).isEqualTo(kept(type));
            assertThat(values("v")).extracting(SchemaGuarantees.this::compared).isEqualTo(compared(values));
        }

        @Test
        void insideALoad() throws Exception {
            load(TABLE, column(0, 1L, 2.5, "x", null, true, LocalDate.of(2026, 1, 1)));
            assertThat(type("v")).isEqualTo("TEXT");
            assertThat(values("v")).containsExactly("1", "2.5", "x", null, "true", "2026-01-01");
        }

        /** Types that change between batches change the rows that are staged already. */
        @Test
        void insideALoadOfManyBatches() throws Exception {
            int half = 20_000;
            Iterator<Map<String, Object>> rows = Stream.iterate(0, i -> i < 2 * half, i -> i + 1)
                    .map(i -> i < half
                            ? row("_id", i, "a", (long) i, "b", (long) i)
                            : row("_id", i, "a", i + 0.5, "b", "t" + i, "c", true))
                    .iterator();
            load(TABLE, rows);

            assertThat(type("a")).isEqualTo("DOUBLE");
            assertThat(type("b")).isEqualTo("TEXT");
            assertThat(query("SELECT count(*), sum(a), count(DISTINCT b), count(c) FROM " + TABLE))
                    .containsExactly(List.of(2L * half, 800_000_000.0 - 10_000, 2L * half, (long) half));
        }

        @Test
        void byNewColumnsThatAreNullInOldRows() {
            load(TABLE, List.of(row("_id", 1)));
            load(TABLE, List.of(row("_id", 2, "v", "new")));

            assertThat(values("v")).containsExactly(null, "new");
        }

        @Test
        void onlyWhenAColumnHasItsFirstValue() throws Exception {
            load(TABLE, column(1, (Object) null));
            assertThat(type("v")).isNull();

            load(TABLE, column(2, 5L));
            assertThat(type("v")).isEqualTo("INTEGER");
            assertThat(values("v")).containsExactly(null, 5L);
        }

        @Test
        void neverByNarrowing() throws Exception {
            load(TABLE, column(0, "text"));
            load(TABLE + "?mode=replace", column(0, 5L));

            assertThat(type("v")).isEqualTo("TEXT");
            assertThat(values("v")).containsExactly("5");
        }

        @Test
        void notIfItIsFrozen() throws Exception {
            assertThatThrownBy(() -> load(TABLE + "?schema=freeze", column(0, 1L)))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("does not exist");
            load(TABLE, column(0, 1L));
            load(TABLE + "?schema=freeze", column(1, 2L));

            assertThatThrownBy(() -> load(TABLE + "?schema=freeze", column(2, "x")))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("change v to TEXT");
            assertThatThrownBy(() -> load(TABLE + "?schema=freeze", List.of(row("_id", 3, "w", 1))))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("add w INTEGER");
            assertThat(values("v")).containsExactly(1L, 2L);
            assertThat(type("v")).isEqualTo("INTEGER");
        }
    }

    /** Runs the statements of somebody who is not Caravan. */
    private void someoneRuns(String sql) {
        assertThat(send("DLT.SHOP?operation=script", sql, Map.of()).getException())
                .isNull();
    }

    private static final String OTHERS = "CREATE TABLE IF NOT EXISTS PRODUCTS (";

    @Nested
    class ColumnsOfOthers {

        private static final String MERGE = TABLE + "?mode=merge&key=_id";

        @Test
        void areNeitherComparedNorTouched() {
            load(MERGE, List.of(row("_id", 1, "v", "a"), row("_id", 2, "v", "b")));
            someoneRuns("ALTER TABLE PRODUCTS ADD COLUMN note VARCHAR");
            someoneRuns("UPDATE PRODUCTS SET note = 'mine'");

            assertThat(load(MERGE, List.of(row("_id", 1, "v", "a"), row("_id", 2, "v", "b")))
                            .rows())
                    .isZero();
            assertThat(load(MERGE, List.of(row("_id", 1, "v", "A"), row("_id", 3, "v", "c")))
                            .updated())
                    .isEqualTo(1);
            assertThat(values("note")).containsExactly("mine", "mine", null);
        }

        @Test
        void ofATableOfOthersStayTheirs() throws Exception {
            someoneRuns(OTHERS + "_id BIGINT, v VARCHAR, dlt_id VARCHAR DEFAULT 'new')");
            someoneRuns("INSERT INTO PRODUCTS VALUES (1, 'a', 'x'), (2, 'b', 'y')");

            LoadResult result = load(MERGE, List.of(row("_id", 1, "v", "a"), row("_id", 2, "v", "B"), row("_id", 3)));

            assertThat(result.updated()).isEqualTo(1);
            assertThat(result.inserted()).isEqualTo(1);
            assertThat(values("dlt_id")).containsExactly("x", "y", "new");
        }

        @Test
        void areOursFromTheLoadOnThatBringsThem() {
            load(MERGE, List.of(row("_id", 1, "v", "a")));
            someoneRuns("ALTER TABLE PRODUCTS ADD COLUMN note VARCHAR");
            load(MERGE, List.of(row("_id", 1, "v", "a", "note", null)));
            someoneRuns("UPDATE PRODUCTS SET note = 'mine'");
            load(MERGE, List.of(row("_id", 1, "v", "b")));

            assertThat(values("note")).containsExactly((Object) null);
        }

        /** An API leaves out what was cleared. */
        @Test
        void areNotThoseThatOurLoadsHaveBrought() {
            load(MERGE, List.of(row("_id", 1, "v", "a", "w", "b")));
            load(MERGE, List.of(row("_id", 1, "v", "a")));

            assertThat(values("w")).containsExactly((Object) null);
        }

        @Test
        void areLeftAloneIfEarlierVersionsHaveNotRecordedThem() {
            load(MERGE, List.of(row("_id", 1, "v", "a", "w", "b")));
            someoneRuns("ALTER TABLE _caravan_state DROP COLUMN loaded_columns;"
                    + " ALTER TABLE _caravan_loads DROP COLUMN schema_changes");
            someoneRuns("ALTER TABLE PRODUCTS ADD COLUMN note VARCHAR");
            someoneRuns("UPDATE PRODUCTS SET note = 'mine'");

            load(MERGE, List.of(row("_id", 1, "v", "A")));
            assertThat(query("SELECT v, w, note FROM " + TABLE)).containsExactly(List.of("A", "b", "mine"));

            load(MERGE, List.of(row("_id", 1, "v", "A", "w", "b")));
            load(MERGE, List.of(row("_id", 1, "v", "A")));
            assertThat(query("SELECT v, w, note FROM " + TABLE)).containsExactly(Arrays.asList("A", null, "mine"));
        }
    }

    @Nested
    class NotNull {

        private void assertNothingIsLeft() throws Exception {
            TableName name = TableName.parse(TABLE);
            try (LoadSession session = warehouse().engine().connect(name, null);
                    Database database = session.open(false)) {
                assertThat(database.columns(database.resolve(name)))
                        .extracting(column -> database.dialect().fold(column.name()))
                        .doesNotContain(
                                database.dialect().fold("added"),
                                database.dialect().fold(Bookkeeping.LOAD_ID));
                assertThat(database.find(name.sibling(Bookkeeping.RESERVED + "state")))
                        .isEmpty();
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"replace", "append", "merge&key=_id"})
        void columnsOfOthersAreSeenBeforeAnythingIsStaged(String mode) throws Exception {
            someoneRuns(
                    OTHERS + "_id BIGINT, v VARCHAR, dlt_id VARCHAR NOT NULL, day DATE DEFAULT '2026-01-01' NOT NULL)");
            int[] read = new int[1];
            Iterator<Map<String, Object>> rows = Stream.iterate(1, i -> i + 1)
                    .limit(10)
                    .peek(i -> read[0] = i)
                    .map(i -> row("_id", i, "added", true))
                    .iterator();

            assertThatThrownBy(() -> load(TABLE + "?mode=" + mode, rows))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("NOT NULL columns that the rows do not have: dlt_id.")
                    .containsIgnoringCase("ALTER COLUMN \"dlt_id\" DROP NOT NULL");
            assertThat(read[0]).isEqualTo(1);
            assertNothingIsLeft();

            someoneRuns("ALTER TABLE PRODUCTS ALTER COLUMN dlt_id DROP NOT NULL");
            load(TABLE + "?mode=" + mode, List.of(row("_id", 1, "v", "a")));
            assertThat(values("day")).containsExactly(LocalDate.of(2026, 1, 1));
        }

        @Test
        void columnsOfOthersAreSeenBeforeADeclaredSourceIsRead() {
            someoneRuns(OTHERS + "_id BIGINT, dlt_id VARCHAR NOT NULL)");
            Rows rows = Vectors.rows(List.of(column("_id", ColumnType.of(Kind.INTEGER))), List.of());

            assertThatThrownBy(() -> load(TABLE, rows))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("dlt_id");
        }

        @Test
        void columnsWithoutAValueAreSeenBeforeTheTableChanges() throws Exception {
            someoneRuns(OTHERS + "_id BIGINT, v VARCHAR NOT NULL)");

            assertThatThrownBy(() ->
                            load(TABLE, List.of(row("_id", 1, "v", "a", "added", true), row("_id", 2, "v", null))))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("NULL in the column v");
            assertNothingIsLeft();
        }
    }

    @Nested
    class Times {

        static Stream<Arguments> conflicts() {
            LocalDate day = LocalDate.of(2026, 1, 1);
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);
            OffsetDateTime moment = time.atOffset(ZoneOffset.UTC);
            return Stream.of(
                    Arguments.of(moment, time, "TIMESTAMP_TZ"),
                    Arguments.of(time, moment, "TIMESTAMP_TZ"),
                    Arguments.of(day, moment, "TIMESTAMP_TZ"),
                    Arguments.of(moment, day, "TIMESTAMP_TZ"),
                    Arguments.of(time, "2026-02-03T10:00:00+02:00", "TIMESTAMP"),
                    Arguments.of(day, "tomorrow", "DATE"),
                    Arguments.of(day, "2026-02-30", "DATE"),
                    Arguments.of(time, 5L, "TIMESTAMP"),
                    Arguments.of(time.toLocalTime(), "noon", "TIME"));
        }

        @ParameterizedTest
        @MethodSource("conflicts")
        void neverBecomeTextByThemselves(Object before, Object after, String option) throws Exception {
            load(TABLE, column(0, before));
            String type = type("v");

            assertThatThrownBy(() -> load(TABLE, List.of(row("_id", 1, "v", after, "added", 1))))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .containsIgnoringCase("column v of ")
                    .contains("type.v: " + option);
            assertThat(type("v")).isEqualTo(type);
            assertThat(type("added")).isNull();

            load(TABLE + "?type.v=TEXT", column(1, after));
            assertThat(type("v")).isEqualTo("TEXT");
            assertThat(values("v")).hasSize(2).doesNotContainNull();
        }

        @Test
        void withoutAZoneAreUtcIfTheUserSaysSo() throws Exception {
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);
            OffsetDateTime moment = time.atOffset(ZoneOffset.UTC);
            String stated = TABLE + "?type.v=TIMESTAMP_TZ&cursor=v";
            load(TABLE + "?cursor=v", column(0, time));
            load(stated, column(1, moment.plusHours(1)));
            load(stated, column(2, time.plusHours(2)));

            assertThat(type("v")).isEqualTo("TIMESTAMP_TZ");
            assertThat(values("v")).containsExactly(moment, moment.plusHours(1), moment.plusHours(2));
            assertThat(readCursor(TABLE + "?operation=readCursor")).isEqualTo(moment.plusHours(2));
        }

        @Test
        void withAndWithoutAZoneInOneLoadAreRefused() {
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);

            assertThatThrownBy(() -> load(TABLE, column(0, time, time.atOffset(ZoneOffset.UTC))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("row 2")
                    .hasMessageContaining("type.v: TIMESTAMP_TZ");
        }

        @Test
        void thatTheSourceDeclaresAreNotWidenedToText() {
            Rows rows = Vectors.rows(
                    List.of(column("_id", ColumnType.of(Kind.INTEGER)), column("v", ColumnType.of(Kind.TIMESTAMP))),
                    column(0, "infinity"));

            assertThatThrownBy(() -> load(TABLE, rows))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("type.v: TIMESTAMP");
        }
    }

    @Nested
    class StatedTypesOfAColumnThatIsThere {

        static Stream<Arguments> texts() {
            return Stream.of(
                    Arguments.of(
                            "DECIMAL(10,2)", "12.5", 7.25, List.of(new BigDecimal("12.50"), new BigDecimal("7.25"))),
                    Arguments.of(
                            "DECIMAL(10,2)", "-012.500", 1L, List.of(new BigDecimal("-12.50"), new BigDecimal("1.00"))),
                    Arguments.of("INTEGER", "12", "13", List.of(12L, 13L)),
                    Arguments.of("DOUBLE", "1.5", "2", List.of(1.5, 2.0)),
                    Arguments.of("BOOLEAN", "true", "false", List.of(true, false)),
                    Arguments.of(
                            "DATE",
                            "2026-01-01",
                            "2026-01-02",
                            List.of(LocalDate.of(2026, 1, 1), LocalDate.of(2026, 1, 2))),
                    Arguments.of(
                            "TIMESTAMP_TZ",
                            "2026-01-01T10:00:00Z",
                            "2026-01-01T12:00:00+02:00",
                            List.of(
                                    OffsetDateTime.of(2026, 1, 1, 10, 0, 0, 0, ZoneOffset.UTC),
                                    OffsetDateTime.of(2026, 1, 1, 10, 0, 0, 0, ZoneOffset.UTC))));
        }

        @ParameterizedTest
        @MethodSource("texts")
        void turnTextIntoWhatItMeans(String type, String before, Object after, List<Object> values) throws Exception {
            load(TABLE, column(0, before));
            LoadResult result = load(TABLE + "?type.v=" + type, column(1, after));

            assertThat(type("v")).isEqualTo(type);
            assertThat(values("v").stream().map(SchemaGuarantees::whole).toList())
                    .isEqualTo(values.stream().map(SchemaGuarantees::whole).toList());
            assertThat(result.schemaChanges())
                    .singleElement()
                    .asString()
                    .isEqualToIgnoringCase("change v to " + type + " (was TEXT)");
        }

        @ParameterizedTest
        @ValueSource(strings = {"12.505", "123456789.00", "1e3", "n/a", ""})
        void leaveTextThatIsNothingOfTheKind(String text) throws Exception {
            load(TABLE, column(0, text));
            List<String> told = logged(() -> load(TABLE + "?type.v=DECIMAL(10,2)", column(1, 7.25)));

            assertThat(told)
                    .anyMatch(line -> line.startsWith("WARN") && line.contains("does not become DECIMAL(10,2)"));
            assertThat(type("v")).isEqualTo("TEXT");
            assertThat(values("v")).containsExactly(text, "7.25");
        }

        @Test
        void changeNothingIfTheSchemaIsFrozen() throws Exception {
            load(TABLE, column(0, "1"));
            load(TABLE + "?type.v=INTEGER&schema=freeze", column(1, 2L));

            assertThat(type("v")).isEqualTo("TEXT");
        }
    }

    @Nested
    class Replacements {

        private static final String REPLACE = TABLE + "?mode=replace";

        private Rows rows(ColumnType type, Object... values) {
            return Vectors.rows(
                    List.of(column("_id", ColumnType.of(Kind.INTEGER)), column("v", type)), column(0, values));
        }

        static Stream<Arguments> types() {
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);
            OffsetDateTime moment = time.atOffset(ZoneOffset.UTC);
            ColumnType text = ColumnType.of(Kind.TEXT);
            return Stream.of(
                    Arguments.of(ColumnType.of(Kind.TIMESTAMP), time, ColumnType.of(Kind.TIMESTAMP_TZ), moment),
                    Arguments.of(
                            ColumnType.of(Kind.DATE), time.toLocalDate(), ColumnType.of(Kind.TIMESTAMP_TZ), moment),
                    Arguments.of(text, "5", ColumnType.of(Kind.INTEGER), 5L),
                    Arguments.of(text, "2026-01-01 10:00:00", ColumnType.of(Kind.TIMESTAMP), time),
                    Arguments.of(ColumnType.of(Kind.TIMESTAMP), time, text, "never"));
        }

        @ParameterizedTest
        @MethodSource("types")
        void takeTheTypesOfTheSource(ColumnType before, Object old, ColumnType after, Object now) throws Exception {
            load(REPLACE, rows(before, old));
            LoadResult result = load(REPLACE, rows(after, now));

            assertThat(type("v")).isEqualTo(Types.text(after));
            assertThat(values("v")).extracting(SchemaGuarantees::whole).containsExactly(whole(now));
            assertThat(result.deleted()).isEqualTo(1);
            assertThat(result.inserted()).isEqualTo(1);
            assertThat(result.schemaChanges()).hasSize(1);
            assertThat((String) one("SELECT schema_changes FROM DLT.SHOP._caravan_loads WHERE load_id = '"
                            + result.loadId() + "'"))
                    .isEqualToIgnoringCase("change v to " + Types.text(after) + " (was " + Types.text(before) + ")");
        }

        @Test
        void leaveTheTableAsItWasIfTheyFail() throws Exception {
            load(REPLACE, rows(ColumnType.of(Kind.TEXT), "5"));
            Iterator<Map<String, Object>> failing = Stream.of(1, 2)
                    .map(i -> {
                        if (i == 2) {
                            throw new PermanentException("the source breaks off");
                        }
                        return row("_id", i, "v", 7L);
                    })
                    .iterator();

            assertThatThrownBy(() -> load(REPLACE, failing)).hasMessageContaining("breaks off");
            assertThat(type("v")).isEqualTo("TEXT");
            assertThat(values("v")).containsExactly("5");
        }
    }

    @Nested
    class Names {

        private static final List<String> HOSTILE_NAMES = List.of(
                "select",
                "Order",
                "with space",
                "with \"quotes\"",
                "with 'apostrophe'",
                "'; DROP TABLE x; --",
                "new\nline",
                "\u65e5\u672c\u8a9e",
                "duck \uD83E\uDD86",
                "semi;colon",
                "dot.ted",
                "back\\slash",
                "per%cent ?",
                ":colon",
                "$1",
                "c0",
                "v1",
                "s",
                "t");

        @Test
        void areKeptAsTheSourceSpellsThem() throws Exception {
            List<String> names = new ArrayList<>(HOSTILE_NAMES);
            names.add("x".repeat(longestName()));
            Map<String, Object> row = new LinkedHashMap<>();
            names.forEach(name -> row.put(name, "value of " + name));
            load(TABLE + "?mode=merge&key=Order", List.of(row));
            row.put("select", "changed");
            load(TABLE + "?mode=merge&key=Order", List.of(row));

            try (QueryResult result = warehouse().query("SELECT * FROM " + TABLE)) {
                assertThat(result.columns().subList(0, names.size()))
                        .isEqualTo(names.stream().map(name -> name(name)).toList());
                assertThat(result.next().subList(0, names.size())).isEqualTo(List.copyOf(row.values()));
                assertThat(result.hasNext()).isFalse();
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"a, b", "with \"quotes\"", "'; DROP TABLE x; --", "dot.ted $1", "new\nline", "select"})
        void tellKeyAndCursor(String name) throws Exception {
            String options = URISupport.createQueryString(
                    Map.of("mode", "merge", "key", quote(name), "cursor", name, "type." + name, "INTEGER"));
            for (int load = 0; load < 2; load++) {
                load(TABLE + "?" + options, List.of(row(name, "7")));
            }

            assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(1L);
            assertThat(readCursor(TABLE + "?operation=readCursor")).isEqualTo(7L);
        }

        @Test
        void ofTablesAndSchemasToo() {
            for (String table :
                    List.of("DLT.\"my schema\".\"a.b\"", "DLT.SHOP.\"'; DROP TABLE x; --\"", "DLT.SHOP.order")) {
                load(table + "?mode=append&loadId=1", List.of(row("id", 1)));
                load(table + "?mode=append&loadId=2", List.of(row("id", 2)));
            }

            assertThat(one("SELECT count(*) FROM DLT.\"my schema\".\"a.b\"")).isEqualTo(2L);
            assertThat(one("SELECT count(*) FROM DLT.SHOP.\"'; DROP TABLE x; --\""))
                    .isEqualTo(2L);
            assertThat(one("SELECT count(*) FROM DLT.SHOP." + quote(name("order"))))
                    .isEqualTo(2L);
        }

        @Test
        void thatAreTheSameToTheWarehouseAreRefused() {
            assertThatThrownBy(() -> load(TABLE, List.of(row("name", 1), row("Name", 2))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("name and Name");
        }

        @Test
        void areFoundWhateverTheirCase() {
            load(TABLE, List.of(row("Id", 1)));
            load("dlt.shop.products", List.of(row("ID", 2)));

            assertThat(query("SELECT id FROM DLT.SHOP.PRODUCTS ORDER BY 1")).containsExactly(List.of(1L), List.of(2L));
            assertThat(one("SELECT max(version) FROM DLT.SHOP._caravan_state")).isEqualTo(2L);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "a\0b", "_caravan_load_id", "_CARAVAN_row"})
        void thatCannotBeAreRefused(String name) {
            assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1, name, 2))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(TABLE);
        }
    }

    /** A type that the user states for a column that does not come. */
    @Test
    void aStatedTypeThatMeetsNoColumnIsTold() {
        String options = TABLE + "?mode=append&type.created_at=DATE&type.ID=INTEGER";
        assertThat(logged(() -> load(options, List.of(row("id", 1, "createdAt", "2026-01-01")))))
                .contains(
                        "WARN The rows for " + TABLE
                                + " have no column created_at, so type.created_at=DATE has no effect; they have: id, createdAt");
        assertThat(logged(() -> load(options, List.of()))).noneMatch(line -> line.startsWith("WARN"));
    }

    @Nested
    class Bodies {

        @Test
        void ofAllKindsAreRows() {
            String array = "[{\"_id\":1,\"v\":\"a\"},{\"_id\":2,\"v\":\"b\"}]";
            String lines = "{\"_id\":1,\"v\":\"a\"}\n{\"_id\":2,\"v\":\"b\"}\n";
            List<Map<String, Object>> maps = List.of(row("_id", 1, "v", "a"), row("_id", 2, "v", "b"));
            List<Object> bodies = new ArrayList<>(List.of(
                    array,
                    lines,
                    array.getBytes(StandardCharsets.UTF_8),
                    new java.io.ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)),
                    new StringReader(array),
                    maps,
                    maps.iterator(),
                    maps.stream()));
            try {
                bodies.add(JsonRows.MAPPER.readTree(array));
                bodies.add(JsonRows.MAPPER.readTree(array).iterator());
            } catch (java.io.IOException e) {
                throw new IllegalStateException(e);
            }

            for (Object body : bodies) {
                load(TABLE + "?mode=replace", body);
                assertThat(query("SELECT _id, v FROM " + TABLE + " ORDER BY 1"))
                        .as(body.getClass().getName())
                        .containsExactly(List.of(1L, "a"), List.of(2L, "b"));
            }
        }

        /** What is no Unicode cannot be stored; it must not become a question mark without a word. */
        @Test
        void withHalfACharacterHaveAReplacementForIt() {
            String half = "a\ud800b";
            String whole = "\ud83d\ude00";
            List<String> warnings = logged(() -> {
                load(TABLE, "{\"_id\":1,\"v\":\"a\\ud800b\",\"j\":{\"k\":\"\\udc00\"}}");
                load(TABLE, List.of(row("_id", 2, "v", half, "j", Map.of("k", "\udc00"))));
                load(TABLE, List.of(row("_id", 3, "v", "ok"), row("_id", 4, "v", half), row("_id", 5, "v", half)));
            });
            load(TABLE, List.of(row("_id", 6, "v", whole), row("_id", 7, "v", whole.substring(1) + whole)));

            assertThat(query("SELECT v FROM " + TABLE + " ORDER BY _id"))
                    .extracting(row -> row.get(0))
                    .containsExactly("a\ufffdb", "a\ufffdb", "ok", "a\ufffdb", "a\ufffdb", whole, "\ufffd" + whole);
            assertThat(query("SELECT CAST(j AS VARCHAR) FROM " + TABLE + " WHERE _id < 3"))
                    .allMatch(row -> row.get(0).toString().contains("\"\ufffd\""));
            assertThat(warnings.stream().filter(line -> line.startsWith("WARN Column v has invalid Unicode text")))
                    .hasSize(3)
                    .last()
                    .asString()
                    .contains("row 2");
            assertThatThrownBy(() -> load(TABLE, List.of(row("_id", 8, half, 1))))
                    .hasMessageContaining("without a usable name");
        }

        @Test
        void ofASingleObjectAreOneRow() throws Exception {
            for (Object body : List.of(row("_id", 1), "{\"_id\":1}", JsonRows.MAPPER.readTree("{\"_id\":1}"))) {
                load(TABLE + "?mode=replace", body);
                assertThat(query("SELECT _id FROM " + TABLE)).containsExactly(List.of(1L));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"[{\"v\":1},{\"v\":2}", "[{\"v\":1},{\"v\":", "{\"v\":1}\n{\"v", "[{\"v\":{\"a\":1"})
        void ofJsonThatEndsInTheMiddleAreReadAgain(String json) {
            assertThatThrownBy(() -> load(TABLE, json))
                    .isInstanceOf(dev.caravan.run.TransientException.class)
                    .hasMessageContaining("ends in the middle");
        }

        @ParameterizedTest
        @ValueSource(strings = {"[{\"v\":1}]{\"v\":2}", "[{\"v\":1}][{\"v\":2}]", "[{\"v\":1}] x", "[]]"})
        void ofJsonThatGoesOnAfterItsEndAreRefused(String json) {
            assertThatThrownBy(() -> load(TABLE, json)).isInstanceOf(PermanentException.class);
        }

        @Test
        void ofJsonStayAtTheirEnd() throws Exception {
            JsonRows rows = new JsonRows(new StringReader("[{\"v\":1}]"), java.util.Set.of());
            rows.next();
            assertThat(rows.hasNext()).isFalse();
            assertThat(rows.hasNext()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {"[1,2]", "[{\"v\":1},null]", "<html>", "{\"v\":1,\"v\":2}", "[[1]]"})
        void thatAreNoRowsAreRefused(String json) {
            assertThatThrownBy(() -> load(TABLE, json)).isInstanceOf(PermanentException.class);
        }

        @Test
        void ofUnknownKindAreRefused() {
            assertThatThrownBy(() -> load(TABLE, 5))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("Cannot load a body of type");
            assertThatThrownBy(
                            () -> load(TABLE, JsonRows.MAPPER.getNodeFactory().textNode("x")))
                    .isInstanceOf(PermanentException.class);
            assertThatThrownBy(() -> load(TABLE, List.of("a")))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("Row 1");
        }

        @Test
        void areClosed() {
            boolean[] closed = new boolean[1];
            load(TABLE, Stream.of(row("_id", 1)).onClose(() -> closed[0] = true));
            assertThat(closed[0]).isTrue();
        }
    }
}
