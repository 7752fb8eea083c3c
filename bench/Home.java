package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The scratch directory: the launcher, the settings and the routes, but no data and nothing to build. */
final class Home {

    static final Path PATH = Path.of("target/bench").toAbsolutePath();

    private Home() {}

    static void create() throws IOException {
        List<Path> parts = new ArrayList<>(List.of(Path.of("caravan"), Path.of("application.properties")));
        try (Stream<Path> routes = Files.walk(Path.of("routes"))) {
            routes.filter(Files::isRegularFile).forEach(parts::add);
        }
        delete(PATH.resolve("routes"));
        for (Path part : parts) {
            Files.createDirectories(PATH.resolve(part).getParent());
            Files.copy(
                    part,
                    PATH.resolve(part),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        if (!Files.exists(PATH.resolve("target"))) {
            Files.createSymbolicLink(PATH.resolve("target"), Path.of("target").toAbsolutePath());
        }
    }

    static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> files = Files.walk(path)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
