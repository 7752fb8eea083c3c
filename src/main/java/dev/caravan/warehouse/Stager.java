package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnBatch;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import dev.caravan.data.ColumnarRows;
import dev.caravan.data.Rows;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Waiting;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads rows in batches, derives their types, and stages each batch while it reads the next. */
final class Stager {

    private static final Logger LOG = LoggerFactory.getLogger(Stager.class);
    private static final int MAX_ROWS = 2048;

    private static final int MIN_ROWS = 256;
    /** The largest number of values in a batch, which bounds the memory of wide tables. */
    private static final int BATCH_VALUES = 400_000;
    /** The largest number of characters and bytes in a batch, which bounds the memory of large values. */
    private static final long BATCH_WEIGHT = 4 << 20;

    private final LoadSession session;
    private final LoadSpec spec;
    private final Dialect dialect;
    private final Runnable heartbeat;
    private final Consumer<Collection<String>> check;

    private final Map<String, ColumnType> explicit = new HashMap<>();
    private final List<StagedColumn> columns = new ArrayList<>();
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<String, String> spellings = new HashMap<>();

    private List<Object[]> values = new ArrayList<>();
    private int capacity = MAX_ROWS;
    private int size;
    private long weight;
    private long read;

    /**
     * @param heartbeat called once per batch; an exception ends the load
     * @param check called with the names of the first row's columns before anything is staged; an exception ends the load
     */
    Stager(
            LoadSession session,
            LoadSpec spec,
            Dialect dialect,
            Runnable heartbeat,
            Consumer<Collection<String>> check) {
        this.session = session;
        this.spec = spec;
        this.dialect = dialect;
        this.heartbeat = heartbeat;
        this.check = check;
        spec.types().forEach((name, type) -> explicit.put(dialect.fold(name), type));
    }

    /** Stages all rows. */
    StagedRows stage(Rows rows) throws SQLException {
        for (Column column : rows.columns()) {
            add(column.name(), column.type());
        }
        if (!columns.isEmpty()) {
            check.accept(positions.keySet());
        }
        // one thread for all calls of the session: engines can bind resources to it
        ExecutorService writer = Executors.newSingleThreadExecutor(task -> new Thread(task, "warehouse-staging"));
        try {
            Future<?> writing = rows instanceof ColumnarRows columnar ? read(columnar, writer) : read(rows, writer);
            if (size > 0 || writing == null) { // declared columns are staged even without rows
                writing = handOver(writer, writing, vectors());
            }
            await(writing);
            warnOfTypesWithoutColumn();
            return new StagedRows(List.copyOf(columns), read, await(writer.submit(session::finishStaging)));
        } finally {
            // the caller closes the session next
            Waiting.shutDown(writer, null);
        }
    }

    /** Returns the last batch handed over, or null. */
    private Future<?> read(Rows rows, ExecutorService writer) throws SQLException {
        Future<?> writing = null;
        while (rows.hasNext()) {
            take(rows.next());
            if (read == 1) {
                check.accept(positions.keySet());
            }
            if (size == capacity || weight >= BATCH_WEIGHT) {
                writing = handOver(writer, writing, vectors());
            }
        }
        return writing;
    }

    private Future<?> read(ColumnarRows rows, ExecutorService writer) throws SQLException {
        Future<?> writing = null;
        for (ColumnBatch batch = rows.nextBatch(); batch != null; batch = rows.nextBatch()) {
            size = batch.size();
            List<ColumnVector> vectors = new ArrayList<>(columns.size());
            for (int i = 0; i < columns.size(); i++) {
                vectors.add(columns.get(i).accept(batch.columns().get(i), size, read + 1));
            }
            read += size;
            writing = handOver(writer, writing, vectors);
        }
        return writing;
    }

    /** Warns of types whose column is misspelled, or missing since the source has changed. */
    private void warnOfTypesWithoutColumn() {
        spec.types().forEach((name, type) -> {
            if (read > 0 && !spellings.containsKey(dialect.fold(name))) {
                LOG.warn(
                        "The rows for {} have no column {}, so type.{}={} has no effect; they have: {}",
                        spec.table(),
                        name,
                        name,
                        Types.text(type),
                        columns.stream().map(StagedColumn::name).collect(Collectors.joining(", ")));
            }
        });
    }

    private void take(Map<String, Object> row) {
        read++;
        int expected = 0;
        for (Map.Entry<String, Object> field : row.entrySet()) {
            String name = field.getKey();
            int position = expected;
            // rows nearly always have the same order of columns
            if (expected >= columns.size() || !columns.get(expected).name().equals(name)) {
                Integer known = positions.get(name);
                position = known == null ? add(name, null) : known;
            }
            expected = position + 1;
            Object value = columns.get(position).accept(field.getValue(), read);
            values.get(position)[size] = value;
            if (value instanceof String text) {
                weight += text.length();
            } else if (value instanceof byte[] bytes) {
                weight += bytes.length;
            } else if (value instanceof Json json) {
                weight += json.text().length();
            }
        }
        size++;
    }

    private int add(String name, ColumnType declared) {
        if (name == null
                || name.isBlank()
                || name.indexOf('\0') >= 0
                || !Values.wellFormed(name).equals(name)) {
            throw new PermanentException("The rows for " + spec.table() + " have a column without a usable name");
        }
        String folded = dialect.fold(name);
        if (folded.startsWith(dialect.fold(Bookkeeping.RESERVED))) {
            throw new PermanentException("The rows for " + spec.table() + " have a column " + name
                    + ", but names that begin with " + Bookkeeping.RESERVED + " are reserved; rename it in the source");
        }
        String other = spellings.putIfAbsent(folded, name);
        if (other != null) {
            throw new PermanentException("The rows for " + spec.table() + " have the columns " + other + " and " + name
                    + ", which are the same name in the warehouse; rename one in the source");
        }
        ColumnType type = explicit.get(folded);
        columns.add(new StagedColumn(name, type == null ? declared : type, type != null));
        values.add(new Object[capacity]);
        positions.put(name, columns.size() - 1);
        return columns.size() - 1;
    }

    /** Takes the values since the last batch. */
    private List<ColumnVector> vectors() {
        List<ColumnVector> vectors = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            vectors.add(new ColumnVector.Objects(columns.get(i).type(), values.get(i)));
        }
        capacity = Math.max(MIN_ROWS, Math.min(MAX_ROWS, BATCH_VALUES / Math.max(columns.size(), 1)));
        values = new ArrayList<>(columns.size());
        columns.forEach(column -> values.add(new Object[capacity]));
        return vectors;
    }

    private Future<?> handOver(ExecutorService writer, Future<?> previous, List<ColumnVector> vectors)
            throws SQLException {
        heartbeat.run();
        List<Column> batched = columns.stream()
                .map(column -> new Column(column.name(), column.type()))
                .toList();
        Batch batch = new Batch(batched, vectors, size, read - size);
        size = 0;
        weight = 0;
        await(previous);
        return writer.submit(() -> {
            session.stage(batch);
            Failpoint.hit("warehouse.staging");
            return null;
        });
    }

    private static <T> T await(Future<T> writing) throws SQLException {
        return writing == null ? null : Waiting.await(writing, SQLException.class, "rows were being staged");
    }
}
