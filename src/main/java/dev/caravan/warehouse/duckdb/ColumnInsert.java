package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.warehouse.Values;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.duckdb.DuckDBWritableVector;

/**
 * Inserts vectors into the staging table: {@code INSERT INTO ... SELECT ... FROM caravan_batch()}, a table function that
 * copies them into DuckDB's own. Its vectors take only some types; the statement makes the others of those: times of whole
 * numbers, JSON of text, bytes of hexadecimal digits.
 */
final class ColumnInsert implements DuckDBTableFunction<ColumnInsert, ColumnInsert, Object>, AutoCloseable {

    private static final String FUNCTION = "caravan_batch";

    private final DuckDBConnection connection;
    private final String relation;
    private List<ColumnType> types = List.of();
    private PreparedStatement insert;

    private List<ColumnVector> vectors;
    private int size;
    private int next;

    ColumnInsert(DuckDBConnection connection, String relation) throws SQLException {
        this.connection = connection;
        this.relation = relation;
        DuckDBFunctions.tableFunction().withName(FUNCTION).withFunction(this).register(connection);
    }

    /** Returns whether it can insert the first values of a vector. */
    static boolean takes(ColumnVector vector, ColumnType type, int rows) {
        if (vector instanceof ColumnVector.Objects) {
            return type.kind() == Kind.DECIMAL;
        }
        return vector.type().equals(type)
                && !(vector instanceof ColumnVector.Bytes bytes
                        && type.kind() == Kind.JSON
                        && hasSurrogate(bytes, rows));
    }

    /** DuckDB's conversion to JSON rejects half of a surrogate pair as an escape, which PostgreSQL accepts. */
    private static boolean hasSurrogate(ColumnVector.Bytes json, int rows) {
        byte[] bytes = json.bytes();
        int end = rows == 0 ? 0 : json.ends()[rows - 1];
        for (int i = 0; i + 2 < end; i++) {
            if (bytes[i] == '\\' && bytes[i + 1] == 'u' && (bytes[i + 2] | 0x20) == 'd') {
                return true;
            }
        }
        return false;
    }

    /** Inserts rows. Returns how many DuckDB has inserted. */
    long insert(List<ColumnVector> values, List<ColumnType> columns, int rows) throws SQLException {
        if (insert == null || !types.equals(columns)) {
            close();
            types = List.copyOf(columns);
            insert = connection.prepareStatement(
                    "INSERT INTO " + relation + " SELECT " + expressions() + " FROM " + FUNCTION + "()");
        }
        vectors = values;
        size = rows;
        next = 0;
        return insert.executeUpdate();
    }

    private String expressions() {
        StringJoiner expressions = new StringJoiner(", ");
        for (int i = 0; i < types.size(); i++) {
            String column = "v" + i;
            expressions.add(
                    switch (types.get(i).kind()) {
                        case DATE -> "DATE '1970-01-01' + CAST(" + column + " AS INTEGER)";
                        case TIME -> "TIME '00:00:00' + to_microseconds(" + column + ")";
                        case TIMESTAMP -> "make_timestamp(" + column + ")";
                        case TIMESTAMP_TZ -> "make_timestamptz(" + column + ")";
                        case JSON -> "CAST(" + column + " AS JSON)";
                        case BINARY -> "unhex(" + column + ")";
                        default -> column;
                    });
        }
        return expressions.toString();
    }

    @Override
    public ColumnInsert bind(DuckDBTableFunctionBindInfo info) throws SQLException {
        for (int i = 0; i < types.size(); i++) {
            info.addResultColumn("v" + i, logicalType(types.get(i)));
        }
        return this;
    }

    private static DuckDBLogicalType logicalType(ColumnType type) throws SQLException {
        return switch (type.kind()) {
            case BOOLEAN -> DuckDBLogicalType.of(DuckDBColumnType.BOOLEAN);
            case DECIMAL -> DuckDBLogicalType.decimal(type.precision(), type.scale());
            case DOUBLE -> DuckDBLogicalType.of(DuckDBColumnType.DOUBLE);
            case TEXT, JSON, BINARY -> DuckDBLogicalType.of(DuckDBColumnType.VARCHAR);
            case INTEGER, DATE, TIME, TIMESTAMP, TIMESTAMP_TZ -> DuckDBLogicalType.of(DuckDBColumnType.BIGINT);
        };
    }

    @Override
    public ColumnInsert init(DuckDBTableFunctionInitInfo info) {
        return this;
    }

    /** Called by DuckDB for the rows of one of its vectors at a time. */
    @Override
    public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter chunk) {
        int rows = (int) Math.min(chunk.capacity(), size - next);
        for (int i = 0; i < vectors.size() && rows > 0; i++) {
            copy(vectors.get(i), types.get(i), next, rows, chunk.vector(i));
        }
        next += rows;
        return rows;
    }

    private static void copy(ColumnVector from, ColumnType type, int first, int rows, DuckDBWritableVector to) {
        if (from instanceof ColumnVector.Bytes bytes) {
            to.setStringUtf8Batch(0, text(bytes, first, rows));
            return;
        }
        for (int row = 0; row < rows; row++) {
            int at = first + row;
            if (from.isNull(at)) {
                to.setNull(row);
            } else if (from instanceof ColumnVector.Doubles doubles) {
                to.setDouble(row, doubles.values()[at]);
            } else if (from instanceof ColumnVector.Longs longs) {
                switch (type.kind()) {
                    case BOOLEAN -> to.setBoolean(row, longs.values()[at] != 0);
                    case DECIMAL -> to.setBigDecimal(row, BigDecimal.valueOf(longs.values()[at], type.scale()));
                    default -> to.setLong(row, longs.values()[at]);
                }
            } else {
                to.setBigDecimal(row, DuckDbValues.decimal(Values.widen(from.get(at), type), type));
            }
        }
    }

    private static byte[][] text(ColumnVector.Bytes from, int first, int rows) {
        boolean binary = from.type().kind() == Kind.BINARY;
        byte[][] values = new byte[rows][];
        for (int row = 0; row < rows; row++) {
            int at = first + row;
            if (!from.isNull(at)) {
                int begin = from.begin(at);
                int end = from.ends()[at];
                values[row] = binary
                        ? HexFormat.of().formatHex(from.bytes(), begin, end).getBytes(StandardCharsets.US_ASCII)
                        : Arrays.copyOfRange(from.bytes(), begin, end);
            }
        }
        return values;
    }

    @Override
    public void close() throws SQLException {
        if (insert != null) {
            insert.close();
            insert = null;
        }
    }
}
