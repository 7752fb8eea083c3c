package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Caravan beside other programs that load the same tables of the same PostgreSQL into DuckDB files, round by round; what
 * each has loaded is compared with the source.
 */
final class Peers {

    static final Path HOME = Home.PATH.resolve("peers");

    private final List<Load> loads = chosen("loads", List.of(Load.NARROW, Load.MERGE, Load.WIDE, Load.SMALL), Load::name);
    private final Map<String, List<Peer.Taken>> taken = new LinkedHashMap<>();
    private final Map<String, Set<String>> losses = new LinkedHashMap<>();
    private final Comparison comparison = new Comparison();

    private Peers() throws Exception {}

    static void measure() throws Exception {
        new Peers().run();
    }

    private void run() throws Exception {
        Bench.say("%n== beside other programs ==");
        Files.createDirectories(HOME);
        try (Source source = new Source();
                comparison) {
            for (SourceTable table : loads.stream().map(Load::table).collect(Collectors.toCollection(LinkedHashSet::new))) {
                source.make(table);
                comparison.take(source, table);
            }
            if (loads.contains(Load.MERGE)) {
                Bench.expect(loads.contains(Load.NARROW), "merge needs narrow");
                comparison.merge(Load.NARROW.table(), Load.MERGE.table());
            }
            CaravanPeer caravan = new CaravanPeer(source, loads);
            List<Peer> all = new ArrayList<>(List.of(
                    new CopyPeer(source, "text"), new CopyPeer(source, "binary"), caravan, new ServePeer(caravan)));
            all.addAll(new Programs(source.url()).all());
            List<Peer> peers = chosen("peers", all, Peer::name);
            for (int round = 1; round <= Bench.ROUNDS; round++) {
                for (Load load : loads) {
                    for (Peer peer : peers) {
                        if (peer.can(load)) {
                            measure(round, peer, load);
                        }
                    }
                }
            }
            results(peers);
        }
    }

    /** All, or those that a system property names, in its order. */
    private static <T> List<T> chosen(String property, List<T> all, java.util.function.Function<T, String> name) {
        String names = System.getProperty(property);
        if (names == null) {
            return all;
        }
        return Arrays.stream(names.split(","))
                .map(one -> all.stream()
                        .filter(each -> name.apply(each).equals(one))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("-D" + property + "=" + one + " is none of "
                                + all.stream().map(name).collect(Collectors.joining(",")))))
                .toList();
    }

    private void measure(int round, Peer peer, Load load) throws Exception {
        Path directory = HOME.resolve(peer.name());
        Path file = load.file(directory);
        Files.createDirectories(directory);
        if (!load.merge()) {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".wal"));
        }
        String key = key(peer, load);
        try {
            Peer.Taken one = peer.load(load);
            taken.computeIfAbsent(key, none -> new ArrayList<>()).add(one);
            List<String> lost = peer.writes()
                    ? comparison.losses(
                            load.merge() ? "merged" : Comparison.rows(load.table()),
                            load.table(),
                            file,
                            "bench." + load.target())
                    : List.of();
            losses.computeIfAbsent(key, none -> new TreeSet<>()).addAll(lost);
            Bench.say("round %d: %-8s %-14s %s%s", round, load.name(), peer.name(), described(one), lost.isEmpty() ? "" : "; " + lost);
        } catch (IllegalStateException e) {
            losses.computeIfAbsent(key, none -> new TreeSet<>()).add("failed");
            Bench.say("round %d: %-8s %-14s failed: %s", round, load.name(), peer.name(), e.getMessage());
        }
    }

    private static String described(Peer.Taken one) {
        List<String> parts = new ArrayList<>();
        seconds("", one.wall(), parts);
        seconds("run ", one.run(), parts);
        seconds("CPU ", one.cpu(), parts);
        if (one.megabytes() > 0) {
            parts.add(one.megabytes() + " MB");
        }
        return String.join(", ", parts);
    }

    private static String key(Peer peer, Load load) {
        return peer.name() + " " + load.name();
    }

    private void results(List<Peer> peers) {
        Bench.say("%nMedians of %d rounds: wall time of the process (of Caravan's run), CPU, peak memory", Bench.ROUNDS);
        Bench.say("| | %s | lost |", loads.stream().map(Load::description).collect(Collectors.joining(" | ")));
        Bench.say("|---|%s---|", "---|".repeat(loads.size()));
        for (Peer peer : peers) {
            String cells = loads.stream().map(load -> cell(peer, load)).collect(Collectors.joining(" | "));
            Set<String> lost = new LinkedHashSet<>();
            for (Load load : loads) {
                losses.getOrDefault(key(peer, load), Set.of()).forEach(loss -> lost.add(load.name() + ": " + loss));
            }
            Bench.say("| %s | %s | %s |", peer.name(), cells, peer.writes() ? (lost.isEmpty() ? "nothing" : String.join("; ", lost)) : "");
        }
        new Goals((peer, load, number) -> {
                    List<Peer.Taken> all = taken.get(peer + " " + load.name());
                    return all == null ? Double.NaN : median(all, number);
                })
                .say();
    }

    private String cell(Peer peer, Load load) {
        List<Peer.Taken> all = taken.get(key(peer, load));
        if (all == null) {
            return "";
        }
        return described(new Peer.Taken(
                median(all, Peer.Taken::wall),
                median(all, Peer.Taken::run),
                median(all, Peer.Taken::cpu),
                (long) median(all, Peer.Taken::megabytes)));
    }

    private static double median(List<Peer.Taken> all, ToDoubleFunction<Peer.Taken> value) {
        return Bench.median(all.stream().mapToDouble(value).boxed().toList());
    }

    private static void seconds(String what, double seconds, List<String> parts) {
        if (!Double.isNaN(seconds)) {
            parts.add(String.format(Locale.ROOT, seconds < 1 ? "%s%.2f s" : "%s%.1f s", what, seconds));
        }
    }
}
