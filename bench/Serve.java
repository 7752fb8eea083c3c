package bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The memory of serve as the image runs it, while the console is used, probed and scraped for a minute. */
final class Serve {

    private static final Path IMAGE = Path.of("target/bench-image").toAbsolutePath();
    private static final int PORT = 18282;
    private static final int SECONDS = 60;
    private static final int RUNS = 5;
    private static final List<String> PAGES = List.of(
            "/",
            "/pipelines",
            "/pipelines/currencies-weekly",
            "/runs",
            "/logs?text=rows",
            "/nodes",
            "/alerts",
            "/observe/health/live",
            "/observe/health/ready",
            "/observe/metrics");

    private long begin;
    private int requests;
    private boolean started;

    private Serve() {}

    static void measure() throws Exception {
        Bench.say("%n== serve as the image runs it: its pages, health and metrics every 5 s for %d s ==", SECONDS);
        for (int run = 0; run < RUNS; run++) {
            new Command(Map.of(), "run", "currencies-weekly");
        }
        layOut();
        for (int round = 1; round <= Bench.ROUNDS; round++) {
            new Serve().round();
        }
    }

    private void round() throws Exception {
        Path output = IMAGE.resolve("serve.out");
        Watched serve = new Watched(IMAGE, environment(), List.of("./caravan", "serve"), output, this::used);
        Bench.expect(requests > 0, Files.readString(Watched.errors(output)));
        Bench.say("peak %d MB resident (%d MB of them not of files), %d threads, CPU %.1f s, %d requests; aim 250 MB",
                serve.peakMegabytes(), serve.peakAnonymousMegabytes(), serve.peakThreads(), serve.cpu, requests);
    }

    /** Uses the console; asked every fifth of a second. */
    private boolean used() {
        try {
            if (!started) {
                Pages.get(PORT, "/observe/health/ready");
                started = true;
                begin = System.nanoTime();
            }
            double passed = (System.nanoTime() - begin) / 1e9;
            if (requests < passed / 5 * PAGES.size()) {
                for (String page : PAGES) {
                    Bench.expect(Pages.get(PORT, page) == 200, page);
                    requests++;
                }
            }
            return passed > SECONDS;
        } catch (IOException e) {
            return false; // it does not listen yet
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What docker/Dockerfile copies. */
    private static void layOut() throws IOException {
        Home.delete(IMAGE);
        for (String pattern : List.of(
                "caravan",
                "application.properties",
                "application-prod.properties",
                "target/caravan.jar",
                "target/lib/*.*",
                "kamelets/*.yaml",
                "routes/*.yaml",
                "routes/prod/*.yaml")) {
            Path path = Path.of(pattern);
            Path from = path.getParent() == null ? Path.of("") : path.getParent();
            try (DirectoryStream<Path> files = Files.newDirectoryStream(
                    from.toAbsolutePath(), path.getFileName().toString())) {
                for (Path file : files) {
                    Path to = IMAGE.resolve(from).resolve(file.getFileName());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** What it sets, and a value for all that production takes from AWS's secrets: no pipeline runs. */
    private static Map<String, String> environment() throws IOException {
        Map<String, String> settings = new TreeMap<>();
        settings.put("CARAVAN_PROFILE", "prod");
        Matcher options = Pattern.compile("CARAVAN_JAVA_OPTS=\"([^\"]*)\"")
                .matcher(Files.readString(Path.of("docker/Dockerfile")));
        Bench.expect(options.find(), "CARAVAN_JAVA_OPTS");
        settings.put("CARAVAN_JAVA_OPTS", options.group(1) + " " + System.getProperty("options", ""));
        try (Stream<String> lines = Files.lines(Path.of("application-prod.properties"))) {
            lines.map(Pattern.compile("([\\w.-]+)\\s*=\\s*\\{\\{aws:.*")::matcher)
                    .filter(Matcher::matches)
                    .forEach(secret -> settings.put(
                            secret.group(1).toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), "7"));
        }
        settings.put("AWS_REGION", "us-east-1");
        settings.put("S3_BUCKET", "rates");
        settings.put("CONSOLE_PORT", Integer.toString(PORT));
        settings.put("LEDGER_URL", "jdbc:sqlite:" + Home.PATH.resolve("data/ledger.db"));
        return settings;
    }
}
