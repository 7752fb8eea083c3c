package dev.caravan.console;

import java.time.Instant;
import java.util.List;

/** The processes that run pipelines on their schedules, or did. */
record NodesPage(List<HomePage.Node> nodes, Instant now) {

    static NodesPage of(Data data) {
        return new NodesPage(data.nodes().stream().map(HomePage.Node::of).toList(), data.now());
    }
}
