package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.ledger.Node;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "nodes",
        description =
                "List the processes that share the ledger: services (caravan serve) and others that run pipelines now,"
                        + " with their runs, last heartbeat, and how far their clock is ahead of the ledger's. Services that sent no"
                        + " heartbeat within the lease are listed as silent for a week.")
final class NodesCommand implements Callable<Integer> {

    private static final List<String> NAMES = List.of(
            "node", "kind", "state", "version", "runs", "waiting", "places", "started", "heartbeat", "clock_ahead");

    private static final Duration HISTORY = Duration.ofDays(7);

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.LEDGER)) {
            context.output()
                    .rows(
                            NAMES,
                            application.pipelines().nodes(HISTORY).stream()
                                    .map(NodesCommand::fields)
                                    .iterator());
        }
        return 0;
    }

    private static Map<String, Object> fields(Node node) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", node.name());
        fields.put("kind", node.service() ? "service" : "command");
        fields.put("state", node.running() ? "running" : "silent");
        fields.put("version", node.version());
        fields.put("runs", node.runs());
        fields.put("waiting", node.waiting());
        fields.put("places", node.service() ? node.places() : null);
        fields.put("started", node.started());
        fields.put("heartbeat", node.seen());
        fields.put("clock_ahead", node.clock());
        return fields;
    }
}
