package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.Deployment;
import dev.caravan.pipeline.Deployment.Match;
import dev.caravan.pipeline.ledger.Service;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks that a service is running, if there ever was one, and that it runs the current routes. */
record ServiceCheck(Deployment deployment) implements Check {

    @Override
    public String name() {
        return "service";
    }

    @Override
    public Finding run() {
        Optional<Service> last = deployment.last();
        if (last.isEmpty()) {
            return notApplicable("no service has run yet; caravan serve runs the pipelines on their schedules");
        }
        if (deployment.running().findAny().isEmpty()) {
            return fail(
                    "no service has been running since " + last.get().seen().truncatedTo(ChronoUnit.SECONDS) + " ("
                            + last.get().node() + ")",
                    "start caravan serve");
        }
        String running = deployment
                .running()
                .map(service -> service.node() + " since " + service.started().truncatedTo(ChronoUnit.SECONDS))
                .collect(Collectors.joining(", "));
        List<String> differences = Stream.of(
                        differences("changed", Match.CHANGED),
                        differences("added", Match.ADDED),
                        differences("removed", Match.REMOVED))
                .flatMap(Optional::stream)
                .toList();
        return differences.isEmpty()
                ? pass(running)
                : fail(
                        running + "; pipelines have been " + String.join("; ", differences) + " since it started",
                        "restart caravan serve: it reads the routes when it starts");
    }

    private Optional<String> differences(String word, Match match) {
        List<String> names = deployment.names(match);
        return names.isEmpty() ? Optional.empty() : Optional.of(word + ": " + String.join(", ", names));
    }
}
