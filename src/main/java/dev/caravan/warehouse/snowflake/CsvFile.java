package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.Batch;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.Temporal;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * A compressed file of rows that all have the same columns: the number of each row, then its values. NULL is nothing at all; text is always enclosed, so
 * that an empty one is not nothing.
 */
final class CsvFile implements Closeable {

    private final Path path;
    private final int columns;
    private final Counting count;
    private final Writer writer;

    CsvFile(Path path, int columns) throws IOException {
        this.path = path;
        this.columns = columns;
        this.count = new Counting(Files.newOutputStream(path));
        this.writer = new BufferedWriter(new OutputStreamWriter(new FastGzip(count), StandardCharsets.UTF_8), 1 << 16);
    }

    Path path() {
        return path;
    }

    int columns() {
        return columns;
    }

    /** Returns the size in bytes, without what is buffered. */
    long size() {
        return count.bytes;
    }

    void write(Batch batch, int row) throws IOException {
        writer.write(Long.toString(batch.firstRow() + row));
        for (Object[] column : batch.values()) {
            writer.write(',');
            Object value = column[row];
            if (value != null) {
                String text = SnowflakeValues.text(value);
                if (value instanceof Number || value instanceof Boolean || value instanceof Temporal) {
                    writer.write(text);
                } else {
                    writer.write('"');
                    writer.write(text.indexOf('"') < 0 ? text : text.replace("\"", "\"\""));
                    writer.write('"');
                }
            }
        }
        writer.write('\n');
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }

    /** The compression level: a higher one costs more time than the smaller upload saves. */
    private static final class FastGzip extends GZIPOutputStream {

        FastGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.BEST_SPEED);
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
