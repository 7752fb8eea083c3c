package dev.caravan.routes;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Camel's health says that a route file was left out. */
public final class RouteFilesHealth extends AbstractHealthCheck {

    private final BrokenRoutes broken;

    public RouteFilesHealth(BrokenRoutes broken) {
        super("caravan", "route-files");
        this.broken = broken;
    }

    /** A process that leaves out a file is alive, and a restart does not fix it. */
    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (broken.mistakes().isEmpty()) {
            builder.up();
        } else {
            builder.down();
            broken.mistakes().forEach(mistake -> builder.detail(mistake.file(), mistake.getMessage()));
            int count = broken.mistakes().size();
            builder.message(
                    count == 1
                            ? "1 route file with a mistake is left out"
                            : count + " route files with mistakes are left out");
        }
    }
}
