package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnVector;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import dev.caravan.run.Waiting;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.SpillDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * The rows of a load as files of a bounded size. Several are on their way at once: each thread writes rows to a file of its
 * own and, when it is full, uploads and deletes it. At most {@value #THREADS} files are on the disk.
 */
final class StagedFiles {

    /** The file format for COPY, complete, so that an account's defaults do not change it. */
    static final String FORMAT = "TYPE = CSV COMPRESSION = ZSTD FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n'"
            + " FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ()"
            + " EMPTY_FIELD_AS_NULL = TRUE ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE BINARY_FORMAT = HEX"
            + " DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO ENCODING = 'UTF8'";

    /** The size of a file: Snowflake recommends 100 to 250 MB, and smaller ones need less space here. */
    private static final long FULL = Long.getLong("caravan.snowflake.fileSize", 100L << 20);

    /** How many files are written or uploaded at once. */
    private static final int THREADS = 4;

    /** Up to this size there is one file only: more files need more requests. */
    private static final long ALONE = FULL / 8;

    /** The characters that the driver's PUT reads as a pattern, or as the end of the name, even if quoted. */
    private static final Pattern NO_PATH = Pattern.compile("[*?\\[\\]']");

    private static final String WORK = "rows were uploaded to Snowflake";

    /** How long an upload can take to stop. */
    private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

    @FunctionalInterface
    private interface Task {
        void run() throws SQLException;
    }

    /** Uploads a file. Several threads call it at once. */
    @FunctionalInterface
    interface Upload {
        void send(Path file) throws SQLException;
    }

    private final Upload upload;
    private final SpillDirectory directory;
    private final ExecutorService executor =
            Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "snowflake-files"));
    private final CompletionService<Void> tasks = new ExecutorCompletionService<>(executor);
    private int running;

    private final List<String> names = new ArrayList<>();
    /** The files to which no thread is writing. */
    private final Deque<CsvFile> idle = new ArrayDeque<>();

    private boolean small = true;
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

    /** Writes rows while the caller goes on, unless all threads are busy. */
    void write(Batch batch) throws SQLException {
        while (running >= (isSmall() ? 1 : THREADS)) {
            awaitOne();
        }
        submit(() -> append(batch));
    }

    private void submit(Task task) {
        tasks.submit(() -> {
            task.run();
            return null;
        });
        running++;
    }

    /** Waits for one task; its failure is the load's. */
    private void awaitOne() throws SQLException {
        try {
            Future<Void> done = tasks.take();
            running--;
            Waiting.await(done, SQLException.class, WORK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RunEndedException("Interrupted while " + WORK);
        }
    }

    private void append(Batch batch) throws SQLException {
        List<ColumnVector> vectors = batch.vectors();
        CsvFile file = null;
        try {
            for (int row = 0; row < batch.size(); row++) {
                if (file == null) {
                    file = file(vectors.size());
                }
                file.write(batch.firstRow() + row, vectors, row);
                if (file.size() >= FULL) {
                    CsvFile full = file;
                    file = null;
                    send(full);
                }
            }
            if (file != null) {
                release(file);
                file = null;
            }
        } catch (IOException e) {
            throw full(e);
        } finally {
            if (file != null) {
                discard(file);
            }
        }
    }

    /**
     * Takes an idle file, or a new one. Snowflake accepts a file whose lines are all shorter than the table, but not lines of
     * different lengths.
     */
    private CsvFile file(int columns) throws IOException, SQLException {
        CsvFile file = takeIdle();
        if (file != null && file.columns() != columns) {
            send(file);
            file = null;
        }
        return file == null ? new CsvFile(directory.path().resolve(newName()), columns) : file;
    }

    private synchronized String newName() {
        String name = String.format("rows-%05d.csv.zst", names.size() + 1);
        names.add(name);
        return name;
    }

    private synchronized CsvFile takeIdle() {
        return idle.poll();
    }

    private synchronized void release(CsvFile file) {
        idle.push(file);
        small &= file.size() < ALONE;
    }

    private synchronized boolean isSmall() {
        return small;
    }

    private void send(CsvFile file) throws SQLException {
        try {
            file.close();
            synchronized (this) {
                small = false;
                bytes += file.size();
            }
            upload.send(file.path());
            Files.delete(file.path());
        } catch (IOException e) {
            throw full(e);
        }
    }

    private TransientException full(IOException e) {
        return new TransientException(
                "Rows cannot be written to " + directory.path() + " for their upload: " + e + "; free some space there",
                e);
    }

    /** Waits until all files are uploaded, and returns their names. */
    List<String> finish() throws SQLException {
        while (running > 0) {
            awaitOne();
        }
        for (CsvFile file = takeIdle(); file != null; file = takeIdle()) {
            CsvFile last = file;
            submit(() -> send(last));
        }
        while (running > 0) {
            awaitOne();
        }
        return names;
    }

    /** Returns the compressed size of all uploaded files. */
    synchronized long bytes() {
        return bytes;
    }

    /**
     * Stops the threads, and removes the files.
     *
     * @return whether the uploads have stopped, so that the connection can be used again
     */
    boolean stop() {
        try (directory) {
            boolean stopped = Waiting.shutDown(executor, STOP_TIMEOUT);
            for (CsvFile file = takeIdle(); file != null; file = takeIdle()) {
                discard(file);
            }
            return stopped;
        }
    }

    private static void discard(CsvFile file) {
        try {
            file.close();
        } catch (IOException e) {
            // it is deleted with its directory
        }
    }
}
