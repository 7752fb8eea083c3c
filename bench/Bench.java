package bench;

import dev.caravan.warehouse.snowflake.StagedFileBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures what users see: commands that run through the launcher, in a process of their own, on data of their own under
 * target/bench. Rounds are interleaved, and medians count.
 */
public final class Bench {

    /** Rows of the largest table. */
    static final long ROWS = Long.getLong("rows", 5_000_000);

    static final int ROUNDS = Integer.getInteger("rounds", 3);

    private static final Map<String, Part> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("start", Start::measure);
        PARTS.put("backfill", Backfill::measure);
        PARTS.put("refresh", Refresh::measure);
        PARTS.put("ledger", Ledger::measure);
        PARTS.put("peers", Peers::measure);
        PARTS.put("scale", Scale::measure);
        PARTS.put("crowd", Crowd::measure);
        PARTS.put("serve", Serve::measure);
        PARTS.put("api", ApiPages::measure);
        PARTS.put("snowflake", () -> StagedFileBench.measure(Home.PATH.resolve("snowflake")));
    }

    private interface Part {
        void measure() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        // the others take long, or need other people's programs
        List<String> parts =
                args.length == 0 ? List.of("start", "backfill", "refresh", "ledger") : Arrays.asList(args);
        if (!PARTS.keySet().containsAll(parts)) {
            System.err.println("Unknown part; known are " + String.join(", ", PARTS.keySet()));
            System.exit(2);
        }
        machine();
        Home.create();
        for (String part : parts) {
            PARTS.get(part).measure();
            // with more than one process that wants to run on each core the numbers say little
            say("load average of the last minute: %s", Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        }
    }

    private static void machine() throws IOException {
        Matcher cpu = Pattern.compile("model name\\s*: (.*)").matcher(Files.readString(Path.of("/proc/cpuinfo")));
        say("%s, JDK %s, %d cores (%s)",
                java.time.LocalDate.now(),
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                cpu.find() ? cpu.group(1) : "unknown");
    }

    static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    static void expect(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    static void say(String format, Object... arguments) {
        System.out.println(String.format(Locale.ROOT, format, arguments));
    }
}
