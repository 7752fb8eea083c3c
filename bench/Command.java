package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One command of Caravan in the scratch directory, watched. */
final class Command {

    /** The launcher, or another program that starts Caravan with its arguments. */
    static final String CARAVAN = System.getProperty("caravan", "./caravan");

    private static final ObjectMapper JSON = new ObjectMapper();

    final Watched process;
    final double wall;
    final double cpu;
    final JsonNode result;

    Command(Map<String, String> environment, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(CARAVAN));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--output", "json"));
        Path output = Home.PATH.resolve("out.json");
        Map<String, String> all = new TreeMap<>(environment);
        all.merge("CARAVAN_JAVA_OPTS", "-Xlog:gc:file=" + Home.PATH.resolve("gc.log"), (a, b) -> a + " " + b);
        process = new Watched(Home.PATH, all, line, output, () -> false);
        wall = process.wall;
        cpu = process.cpu;
        // verify finds that nothing has been loaded
        Bench.expect(
                process.code == 0 || arguments[0].equals("verify"),
                "exit code " + process.code + "\n" + Files.readString(Watched.errors(output)));
        result = JSON.readTree(output.toFile());
    }

    /** Seconds that the run took, as the ledger has it. */
    double duration() {
        return result.get("duration").doubleValue();
    }

    /** Seconds that a step took. */
    double step(String id) {
        JsonNode run;
        try {
            run = new Command(Map.of(), "runs", "show", result.get("run").textValue()).result;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        for (JsonNode step : run.get("steps")) {
            if (step.path("step").asText().equals(id)) {
                return step.get("duration").doubleValue();
            }
        }
        throw new IllegalStateException("No step " + id);
    }

    String memory() throws IOException {
        long heap = 0;
        long used = 0;
        Path log = Home.PATH.resolve("gc.log");
        Matcher pause = Pattern.compile("(\\d+)M->\\d+M\\((\\d+)M\\)").matcher(Files.exists(log) ? Files.readString(log) : "");
        while (pause.find()) {
            used = Math.max(used, Long.parseLong(pause.group(1)));
            heap = Math.max(heap, Long.parseLong(pause.group(2)));
        }
        return String.format(
                Locale.ROOT,
                "peak memory %,d MB, of which %,d MB no file's; heap %d MB (%d MB used)",
                process.peakMegabytes(),
                process.peakAnonymousMegabytes(),
                heap,
                used);
    }
}
