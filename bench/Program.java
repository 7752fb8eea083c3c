package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A peer that is a command for each load. */
record Program(
        String name, Predicate<Load> able, Function<Load, List<String>> command, Map<String, String> environment)
        implements Peer {

    @Override
    public boolean can(Load load) {
        return able.test(load);
    }

    @Override
    public Taken load(Load load) throws Exception {
        Path output = Peers.HOME.resolve(name).resolve(load.name() + ".out");
        Watched process = new Watched(Peers.HOME, environment, command.apply(load), output, () -> false);
        if (process.code != 0) {
            try (Stream<String> said = Stream.concat(Files.lines(output), Files.lines(Watched.errors(output)))) {
                List<String> lines = said.filter(line -> !line.isBlank()).toList();
                throw new IllegalStateException(Stream.concat(
                                lines.stream(), lines.stream().filter(line -> line.matches("(?i).*(error|fail).*")))
                        .reduce("exit code " + process.code, (earlier, line) -> line));
            }
        }
        return new Taken(process.wall, Double.NaN, process.cpu, process.peakMegabytes());
    }
}
