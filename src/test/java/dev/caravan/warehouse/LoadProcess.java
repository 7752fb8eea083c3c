package dev.caravan.warehouse;

import dev.caravan.JavaProcess;
import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.warehouse.duckdb.DuckDbEngine;
import dev.caravan.warehouse.postgresql.PostgreSqlEngine;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.postgresql.ds.PGSimpleDataSource;

/** A process of its own that loads into a warehouse, reads it, or sits on one of its files. */
public final class LoadProcess {

    /** Who loads into Snowflake, and the access token. */
    public static final String USER = "LOADER";

    public static final String TOKEN = "token-of-the-loader";

    private LoadProcess() {}

    /**
     * Starts one.
     *
     * @param temp where it puts what is temporary, as DuckDB's library, which a process that is killed leaves behind
     */
    public static Process start(Path temp, List<String> jvmOptions, String... arguments) throws Exception {
        List<String> options = new ArrayList<>(jvmOptions);
        options.add("-Djava.io.tmpdir=" + temp);
        return JavaProcess.of(LoadProcess.class, options, arguments)
                .redirectErrorStream(true)
                .start();
    }

    /** All that a process has written, once it has ended. */
    public static String output(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    public static void main(String[] arguments) throws Exception {
        String place = arguments[1];
        Path directory = Path.of(place);
        switch (arguments[0]) {
            case "load" -> load(place, arguments[2], Mode.valueOf(arguments[3]), Integer.parseInt(arguments[4]));
            case "load-limited" -> {
                new Warehouse(new DuckDbEngine(directory, Duration.ofSeconds(1), 128L << 20))
                        .query("SELECT 1")
                        .close();
                limitFiles(arguments[5]);
                load(place, arguments[2], Mode.valueOf(arguments[3]), Integer.parseInt(arguments[4]));
            }
            case "hold" -> hold(directory.resolve("DLT.duckdb"));
            case "watch" -> watch(place, Path.of(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void load(String place, String id, Mode mode, int rows) {
        try {
            Warehouse warehouse = warehouse(place, Path.of(System.getProperty("java.io.tmpdir")));
            System.out.println("LOADED " + load(warehouse, id, mode, rows, 0));
        } catch (RuntimeException e) {
            System.out.println("FAILED " + e.getClass().getSimpleName() + ": " + e.getMessage());
            System.exit(1);
        }
    }

    /** A directory of DuckDB's, a database of PostgreSQL's, or an account of Snowflake's, which {@link #USER} may log in to. */
    public static Warehouse warehouse(String place, Path temp) {
        if (place.startsWith("jdbc:")) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setUrl(place);
            return new Warehouse(new PostgreSqlEngine(dataSource, Duration.ofSeconds(20)));
        } else if (!place.startsWith("http:")) {
            return new Warehouse(new DuckDbEngine(Path.of(place), Duration.ofSeconds(20), 128L << 20));
        }
        Snowflake account = new Snowflake();
        account.setHost(place);
        account.setUsername(USER);
        account.setAuthenticator("access-token");
        account.setToken(TOKEN);
        account.setWarehouse("LOADING");
        return new Warehouse(new SnowflakeEngine(account, temp));
    }

    /** Loads rows whose column {@code n} is their number, beginning with the first. */
    public static LoadResult load(Path directory, String id, Mode mode, int rows, int first) {
        return load(
                new Warehouse(new DuckDbEngine(directory, Duration.ofSeconds(20), 128L << 20)), id, mode, rows, first);
    }

    public static LoadResult load(Warehouse warehouse, String id, Mode mode, int rows, int first) {
        LoadSpec spec = new LoadSpec(
                TableName.parse("DLT.SHOP.PRODUCTS"),
                id,
                null,
                mode,
                mode == Mode.MERGE ? List.of("n") : List.of(),
                "n",
                null,
                Map.of(),
                false,
                false);
        return new Loader(warehouse.engine(), spec, null, new CursorVersions()).load(new Numbers(first, first + rows));
    }

    /** Rows that no memory could hold at once, if there are many. */
    private static final class Numbers implements Rows {

        private final int end;
        private int at;

        Numbers(int first, int end) {
            this.at = first;
            this.end = end;
        }

        @Override
        public List<Column> columns() {
            return List.of();
        }

        @Override
        public boolean hasNext() {
            return at < end;
        }

        @Override
        public Map<String, Object> next() {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("n", (long) at);
            row.put("text", Integer.toHexString(at * 0x9E3779B9).repeat(20));
            at++;
            return row;
        }

        @Override
        public void close() {}
    }

    /** From now on no file of this process can be larger: as good as a full disk. */
    private static void limitFiles(String bytes) throws Exception {
        int failed = new ProcessBuilder(
                        "prlimit", "--pid=" + ProcessHandle.current().pid(), "--fsize=" + bytes)
                .inheritIO()
                .start()
                .waitFor();
        if (failed != 0) {
            throw new IllegalStateException("prlimit failed");
        }
    }

    private static void hold(Path file) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
            System.out.println("HOLDING");
            System.in.read();
        }
    }

    /** Prints all that is ever to be seen of the table until a file appears. */
    private static void watch(String place, Path end) {
        Warehouse warehouse = warehouse(place, Path.of(System.getProperty("java.io.tmpdir")));
        Set<String> seen = new TreeSet<>();
        boolean begun = false;
        while (!Files.exists(end)) {
            try (QueryResult result = warehouse.query("SELECT count(*), min(n), max(n) FROM DLT.SHOP.PRODUCTS")) {
                Iterator<List<Object>> rows = result;
                seen.add(rows.next().toString());
            }
            if (!begun) {
                begun = true;
                System.out.println("WATCHING");
            }
        }
        System.out.println("SEEN " + String.join(" ", seen).replace(", ", ","));
    }
}
