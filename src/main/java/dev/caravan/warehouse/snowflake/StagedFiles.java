package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.Waiting;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.SpillDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * The rows of a load as files of a bounded size. Each is uploaded while the next one is written, and then deleted: at most two
 * are on the disk.
 */
final class StagedFiles {

    /** The file format for COPY, complete, so that an account's defaults do not change it. */
    static final String FORMAT = "TYPE = CSV COMPRESSION = GZIP FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n'"
            + " FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ()"
            + " EMPTY_FIELD_AS_NULL = TRUE ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE BINARY_FORMAT = HEX"
            + " DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO ENCODING = 'UTF8'";

    /** The size of a file: Snowflake recommends 100 to 250 MB, and smaller ones need less space here. */
    private static final long FULL = Long.getLong("caravan.snowflake.fileSize", 100L << 20);

    /** The characters that the driver's PUT reads as a pattern, or as the end of the name, even if quoted. */
    private static final Pattern NO_PATH = Pattern.compile("[*?\\[\\]']");

    /** How long an upload can take to stop. */
    private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

    /** Uploads a file. */
    @FunctionalInterface
    interface Upload {
        void send(Path file) throws SQLException;
    }

    private final Upload upload;
    private final SpillDirectory directory;
    private final ExecutorService uploader =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "snowflake-upload"));
    private final List<String> names = new ArrayList<>();
    private Future<?> uploading;
    private CsvFile file;
    private long bytes;

    StagedFiles(Path directory, Upload upload) {
        this.upload = upload;
        if (NO_PATH.matcher(directory.toAbsolutePath().toString()).find()) {
            throw new PermanentException(
                    "The directory " + directory + ", in which rows wait for their upload, has one of"
                            + " the characters * ? [ ] ' in its path, which Snowflake's driver interprets;"
                            + " set camel.component.warehouse.directory to another");
        }
        try {
            this.directory = SpillDirectory.create(directory);
        } catch (IOException e) {
            throw new PermanentException(
                    "The directory " + directory + ", in which rows wait for their upload, cannot be used: " + e
                            + "; make it a directory that this user can write to",
                    e);
        }
    }

    void write(Batch batch) throws SQLException {
        try {
            // Snowflake accepts a file whose lines are all shorter than the table, but not lines of different lengths
            if (file != null && file.columns() != batch.values().size()) {
                send();
            }
            for (int row = 0; row < batch.size(); row++) {
                if (file == null) {
                    String name = String.format("rows-%05d.csv.gz", names.size() + 1);
                    names.add(name);
                    file = new CsvFile(
                            directory.path().resolve(name), batch.values().size());
                }
                file.write(batch, row);
                if (file.size() >= FULL) {
                    send();
                }
            }
        } catch (IOException e) {
            throw full(e);
        }
    }

    private TransientException full(IOException e) {
        return new TransientException(
                "Rows cannot be written to " + directory.path() + " for their upload: " + e + "; free some space there",
                e);
    }

    private void send() throws IOException, SQLException {
        CsvFile full = file;
        file = null;
        full.close();
        bytes += full.size();
        await();
        uploading = uploader.submit(() -> {
            upload.send(full.path());
            Files.delete(full.path());
            return null;
        });
    }

    /** Waits until all files are uploaded, and returns their names. */
    List<String> finish() throws SQLException {
        try {
            if (file != null) {
                send();
            }
        } catch (IOException e) {
            throw full(e);
        }
        await();
        return names;
    }

    private void await() throws SQLException {
        if (uploading != null) {
            Waiting.await(uploading, SQLException.class, "rows were uploaded to Snowflake");
        }
    }

    /** Returns the compressed size of all files. */
    long bytes() {
        return bytes;
    }

    /**
     * Stops the upload, and removes the files.
     *
     * @return whether the upload has stopped, so that the connection can be used again
     */
    boolean stop() {
        try (directory) {
            boolean stopped = Waiting.shutDown(uploader, STOP_TIMEOUT);
            discard();
            return stopped;
        }
    }

    /** Closes the current file. */
    private void discard() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            // it is deleted with its directory
        }
    }
}
