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

    /** A process that leaves out a file is alive, and mends nothing by being started again. */
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
            builder.message(broken.mistakes().size() + " route files with mistakes are left out");
        }
    }
}
