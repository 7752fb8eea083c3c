package bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How long pages of the console take, asked one after the other on this machine. */
final class Pages {

    private static final int PORT = 18283;
    private static final int WARM_UPS = 20;
    private static final int TIMES = 30;

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final List<String> pages;
    private final Map<String, List<Double>> times = new LinkedHashMap<>();

    private Pages(List<String> pages) {
        this.pages = pages;
    }

    /** @param environment of the service, which starts no pipelines by their schedules */
    static void measure(Map<String, String> environment, List<String> pages) throws Exception {
        Map<String, String> settings = new TreeMap<>(environment);
        settings.put("CONSOLE_PORT", Integer.toString(PORT));
        Path output = Home.PATH.resolve("data/bench/serve.out");
        Pages asked = new Pages(pages);
        new Watched(Home.PATH, settings, List.of(Command.CARAVAN, "serve", "--no-schedule"), output, asked::asked);
        Bench.expect(asked.times.size() == pages.size(), Files.readString(Watched.errors(output)));
        asked.times.forEach((page, all) -> Bench.say("page %s: median of %d %.0f ms, slowest %.0f ms",
                page, TIMES, Bench.median(all), all.stream().max(Double::compare).orElseThrow()));
    }

    /** Asks for each page; asked itself every fifth of a second. */
    private boolean asked() {
        try {
            if (get(PORT, "/observe/health/live") != 200) {
                return false;
            }
            for (String page : pages) {
                List<Double> all = new ArrayList<>();
                for (int i = 0; i < WARM_UPS + TIMES; i++) {
                    long begin = System.nanoTime();
                    Bench.expect(get(PORT, page) == 200, page);
                    if (i >= WARM_UPS) {
                        all.add((System.nanoTime() - begin) / 1e6);
                    }
                }
                times.put(page, all);
            }
            return true;
        } catch (IOException e) {
            return false; // it does not listen yet
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the status with which the console of this machine answers. */
    static int get(int port, String page) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + page)).build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }
}
