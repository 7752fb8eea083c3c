package dev.caravan.routes;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Reports skipped route files in Camel's health checks. */
public final class RouteFilesHealth extends AbstractHealthCheck {

    private final BrokenRoutes broken;

    public RouteFilesHealth(BrokenRoutes broken) {
        super("caravan", "route-files");
        this.broken = broken;
    }

    /** Not a liveness check: a restart does not fix a route file. */
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
                            ? "1 route file with a mistake is skipped"
                            : count + " route files with mistakes are skipped");
        }
    }
}
