package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The other programs: packages of Python with versions pinned in {@code peers/requirements.txt}, in an environment of their
 * own. What this machine lacks is said, and the programs that need it are left out.
 */
final class Programs {

    private static final Path SCRIPTS = Path.of("bench/peers").toAbsolutePath();
    private static final Path VENV = Peers.HOME.resolve("venv");
    /** Where the programs keep what they like to keep. */
    private static final Path HOME = Peers.HOME.resolve("home");
    /** DuckDB's library as ingestr loads it. */
    private static final String LIBRARY = "@duckdb/node-bindings-linux-x64@1.5.5-r.1";

    private final String url;

    /**
     * The programs.
     *
     * @param url of the source, with the password
     */
    Programs(String url) {
        this.url = url;
    }

    List<Peer> all() throws Exception {
        String lacks = install();
        if (lacks != null) {
            Bench.say("Without the programs from PyPI, because %s", lacks);
            return List.of();
        }
        List<Peer> peers = new ArrayList<>();
        peers.add(program("duckdb", load -> true, load -> python("load_with_duckdb.py", load)));
        ingestr(peers);
        for (String backend : List.of("connectorx", "pyarrow")) {
            peers.add(program("dlt-" + backend, load -> true, load -> python("load_with_dlt.py " + backend, load)));
        }
        sling(peers);
        return peers;
    }

    private static List<String> python(String script, Load load) {
        String[] words = script.split(" ");
        List<String> line = new ArrayList<>(List.of(VENV.resolve("bin/python").toString(), SCRIPTS.resolve(words[0]).toString()));
        line.addAll(List.of(words).subList(1, words.length));
        Path directory = Peers.HOME.resolve(words.length > 1 ? "dlt-" + words[1] : "duckdb");
        line.addAll(List.of(
                load.table().name(), load.target(), load.file(directory).toString(), load.merge() ? "merge" : "replace"));
        return line;
    }

    private void ingestr(List<Peer> peers) throws Exception {
        Path library = Peers.HOME.resolve("libduckdb/package/libduckdb.so");
        if (!Files.exists(library)) {
            Files.createDirectories(Peers.HOME.resolve("libduckdb"));
            String lacks = run("npm", "pack", "--silent", "--pack-destination", "libduckdb", LIBRARY);
            if (lacks == null) {
                lacks = run("sh", "-c", "tar -xzf libduckdb/*.tgz -C libduckdb");
            }
            if (lacks != null) {
                Bench.say("Without ingestr, which needs DuckDB's library: %s", lacks);
                return;
            }
        }
        Files.writeString(
                Files.createDirectories(Peers.HOME.resolve("adbc")).resolve("duckdb.toml"),
                """
                manifest_version = 1
                name = "DuckDB"
                version = "%s"
                [ADBC]
                version = "1.1.0"
                [Driver]
                entrypoint = "duckdb_adbc_init"
                [Driver.shared]
                linux_amd64 = "%s"
                """
                        .formatted(LIBRARY.replaceAll(".*@", ""), library));
        // it fails at columns of the type uuid, so once without them, and once with them as text
        peers.add(program("ingestr", load -> true, load -> {
            List<String> line = ingestr("ingestr", load);
            uuids(load).forEach(column -> line.addAll(List.of("--sql-exclude-columns", column)));
            return line;
        }));
        peers.add(program("ingestr-uuid-as-text", load -> load == Load.WIDE, load -> {
            List<String> line = ingestr("ingestr-uuid-as-text", load);
            line.addAll(List.of(
                    "--columns", String.join(",", uuids(load).stream().map(column -> column + ":string").toList())));
            return line;
        }));
    }

    private List<String> ingestr(String name, Load load) {
        List<String> line = new ArrayList<>(List.of(
                VENV.resolve("bin/ingestr").toString(),
                "ingest",
                "--yes",
                "--progress=log",
                "--source-uri=" + url,
                "--source-table=bench." + load.table().name(),
                "--dest-uri=duckdb:///" + load.file(Peers.HOME.resolve(name)),
                "--dest-table=bench." + load.target()));
        if (load.merge()) {
            line.addAll(List.of("--incremental-strategy=merge", "--primary-key=id"));
        }
        return line;
    }

    private static List<String> uuids(Load load) {
        return load.table().columns().stream()
                .filter(column -> column.kind() == SourceTable.Kind.UUID)
                .map(SourceTable.Column::name)
                .toList();
    }

    private void sling(List<Peer> peers) throws IOException {
        Path program;
        try (Stream<Path> files = Files.find(VENV, 9, (path, about) -> path.endsWith("bin/sling-linux-amd64"))) {
            program = files.findFirst().orElse(null);
        }
        if (program == null) {
            Bench.say("Without Sling, whose program there is for Linux on x86-64");
            return;
        }
        // its DuckDB would download them
        try (Stream<Path> files = Files.find(VENV, 9, (path, about) -> path.toString().endsWith(".duckdb_extension"))) {
            for (Path extension : files.toList()) {
                Path folder = HOME.resolve(".duckdb/extensions/" + extension.getParent().getFileName() + "/linux_amd64");
                Files.copy(
                        extension,
                        Files.createDirectories(folder).resolve(extension.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        peers.add(program("sling", load -> true, load -> {
            List<String> line = new ArrayList<>(List.of(
                    program.toString(),
                    "run",
                    "--src-conn",
                    url + "?sslmode=disable",
                    "--src-stream",
                    "bench." + load.table().name(),
                    "--tgt-conn",
                    "duckdb://" + load.file(Peers.HOME.resolve("sling")),
                    "--tgt-object",
                    "bench." + load.target(),
                    "--mode",
                    load.merge() ? "incremental" : "full-refresh"));
            if (load.merge()) {
                line.addAll(List.of("--primary-key", "id"));
            }
            return line;
        }));
    }

    private Program program(
            String name,
            java.util.function.Predicate<Load> able,
            java.util.function.Function<Load, List<String>> command) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("HOME", HOME.toString());
        environment.put("SOURCE", url);
        environment.put("ADBC_DRIVER_PATH", Peers.HOME.resolve("adbc").toString());
        environment.put("DUCKDB_USE_INSTALLED_EXTENSIONS", "true");
        environment.put("DUCKDB_PATH", VENV.resolve("bin/duckdb").toString());
        // nobody is told of these runs
        environment.put("RUNTIME__DLTHUB_TELEMETRY", "false");
        environment.put("INGESTR_DISABLE_TELEMETRY", "true");
        environment.put("SLING_DISABLE_TELEMETRY", "true");
        environment.put("DISABLE_TELEMETRY", "true");
        return new Program(name, able, command, environment);
    }

    /** Makes the environment, unless it is there with the same packages; returns what is in the way. */
    private static String install() throws Exception {
        Files.createDirectories(HOME);
        Path wanted = SCRIPTS.resolve("requirements.txt");
        Path installed = VENV.resolve("requirements.txt");
        if (Files.exists(installed) && Files.mismatch(wanted, installed) < 0) {
            return null;
        }
        Bench.say("installing the other programs into %s", VENV);
        String lacks = run("python3", "-m", "venv", "--clear", VENV.toString());
        if (lacks == null) {
            lacks = run(VENV.resolve("bin/pip").toString(), "install", "--quiet", "-r", wanted.toString());
        }
        if (lacks == null) {
            Files.copy(wanted, installed);
        }
        return lacks;
    }

    /** Runs a command of the set-up; returns what went wrong. */
    private static String run(String... command) throws InterruptedException {
        Path output = Peers.HOME.resolve("set-up.log");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(Peers.HOME.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(20, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return command[0] + " takes too long";
            }
            if (process.exitValue() == 0) {
                return null;
            }
            List<String> lines = Files.readAllLines(output);
            return command[0] + ": " + (lines.isEmpty() ? "exit code " + process.exitValue() : lines.get(lines.size() - 1));
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
