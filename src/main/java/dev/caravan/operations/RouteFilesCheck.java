package dev.caravan.operations;

import dev.caravan.routes.BrokenRoutes;
import dev.caravan.routes.RouteMistake;
import java.util.stream.Collectors;

/** Every route file could be read; one that holds a mistake is left out, and its pipelines do not run. */
public record RouteFilesCheck(BrokenRoutes broken) implements Check {

    @Override
    public String name() {
        return "route files";
    }

    @Override
    public Finding run() {
        return broken.mistakes().isEmpty()
                ? pass("all have been read")
                : fail(
                        broken.mistakes().stream().map(RouteMistake::getMessage).collect(Collectors.joining("; ")),
                        "correct the file, then restart caravan serve");
    }
}
