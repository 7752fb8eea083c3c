package dev.caravan.operations;

import dev.caravan.routes.BrokenRoutes;
import dev.caravan.routes.RouteMistake;
import java.util.stream.Collectors;

/** Checks that every route file is valid; the pipelines of an invalid one do not run. */
public record RouteFilesCheck(BrokenRoutes broken) implements Check {

    @Override
    public String name() {
        return "route files";
    }

    @Override
    public Finding run() {
        return broken.mistakes().isEmpty()
                ? pass("all are valid")
                : fail(
                        broken.mistakes().stream().map(RouteMistake::getMessage).collect(Collectors.joining("; ")),
                        "correct the file and restart caravan serve");
    }
}
