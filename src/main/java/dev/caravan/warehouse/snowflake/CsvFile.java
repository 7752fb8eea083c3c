package dev.caravan.warehouse.snowflake;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.warehouse.TextBuffer;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.Temporal;
import java.util.List;

/**
 * A compressed file of rows that all have the same columns: the number of each row, then its values. NULL is nothing at all; text is always enclosed, so
 * that an empty one is not nothing.
 */
final class CsvFile implements Closeable {

    /** A higher level costs more time than the smaller upload saves. */
    private static final int LEVEL = 1;

    /** How much text the compressor gets at once. */
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final int columns;
    private final Counting count;
    private final OutputStream compressed;
    private final TextBuffer text = new TextBuffer();
    /** The text that the compressor has got since it last wrote to the file. */
    private long unwritten;

    CsvFile(Path path, int columns) throws IOException {
        this.path = path;
        this.columns = columns;
        this.count = new Counting(Files.newOutputStream(path));
        this.compressed = new ZstdOutputStreamNoFinalizer(count, LEVEL);
    }

    Path path() {
        return path;
    }

    int columns() {
        return columns;
    }

    /** Returns the size in bytes, or a little more: what is not compressed yet counts in full. */
    long size() {
        return count.bytes + unwritten + text.size();
    }

    /**
     * Writes a row.
     *
     * @param number of the row in the load
     * @param row in the vectors
     */
    void write(long number, List<ColumnVector> values, int row) throws IOException {
        text.number(number);
        for (ColumnVector column : values) {
            text.put(',');
            if (!column.isNull(row)) {
                value(column, row);
            }
        }
        text.put('\n');
        if (text.size() >= CHUNK) {
            compress();
        }
    }

    private void compress() throws IOException {
        long before = count.bytes;
        unwritten += text.size();
        text.drainTo(compressed);
        if (count.bytes > before) {
            unwritten = 0;
        }
    }

    private void value(ColumnVector column, int row) {
        SnowflakeValues.requireInRange(column, row);
        if (column instanceof ColumnVector.Bytes bytes && bytes.type().kind() != Kind.BINARY) {
            enclosed(bytes.bytes(), bytes.begin(row), bytes.ends()[row]);
        } else if (isBare(column, row)) {
            text.value(column, row);
        } else {
            byte[] utf8 = SnowflakeValues.text(column.get(row)).getBytes(StandardCharsets.UTF_8);
            enclosed(utf8, 0, utf8.length);
        }
    }

    private static boolean isBare(ColumnVector column, int row) {
        if (column instanceof ColumnVector.Objects objects) {
            Object value = objects.values()[row];
            return value instanceof Number || value instanceof Boolean || value instanceof Temporal;
        }
        return !(column instanceof ColumnVector.Bytes);
    }

    private void enclosed(byte[] utf8, int begin, int end) {
        text.put('"');
        int from = begin;
        for (int i = begin; i < end; i++) {
            if (utf8[i] == '"') {
                text.put(utf8, from, i + 1);
                from = i; // the quote again
            }
        }
        text.put(utf8, from, end);
        text.put('"');
    }

    @Override
    public void close() throws IOException {
        try (compressed) {
            text.drainTo(compressed);
        }
    }

    private static final class Counting extends FilterOutputStream {

        private long bytes;

        Counting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            bytes++;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            out.write(buffer, offset, length);
            bytes += length;
        }
    }
}
