package dev.caravan;

import dev.caravan.alerts.Alerts;
import dev.caravan.aws.BoundedS3Component;
import dev.caravan.console.Console;
import dev.caravan.http.BoundedHttpComponent;
import dev.caravan.lineage.Lineage;
import dev.caravan.local.LocalServices;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.routes.CallCheck;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteFilesHealth;
import dev.caravan.routes.RouteMistake;
import dev.caravan.routes.SettingsFiles;
import dev.caravan.routes.StartFailure;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Proxies;
import dev.caravan.run.UsageException;
import dev.caravan.source.TypedJdbcComponent;
import dev.caravan.telemetry.Telemetry;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Caravan's Camel application, started as far as a command needs it. */
public final class Application implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);

    /** The default profile: no account, no network. */
    public static final String LOCAL = "local";

    /** The profile of {@code caravan demo}, which has its own directory and ignores environment variables. */
    public static final String DEMO = "demo";

    /** The data directory of {@link #DEMO}, which each demo deletes first. */
    public static final Path DEMO_DATA = Path.of("data/demo");

    private static final Set<String> ON_DEMAND = Set.of("pipeline", "direct", "seda");

    /** How far the application is started. */
    public enum Extent {
        /** Only the settings, each resolved when it is read. */
        SETTINGS,
        /** The ledger; no routes, and no secrets but the ledger's. */
        LEDGER,
        /** Components and beans; no routes. */
        COMPONENTS,
        /** The ledger and the definitions of pipelines, which cannot run; no secrets but the ledger's. */
        PIPELINES,
        /** Pipelines can be run by hand; schedules, timers and polling consumers do not start. */
        ON_DEMAND,
        /** Everything but the schedules, with JMX: runs that are requested are executed. */
        SERVE_REQUESTS,
        /** Everything, with schedules and JMX. */
        SERVE;

        boolean serves() {
            return compareTo(SERVE_REQUESTS) >= 0;
        }
    }

    /** The seconds that a command waits for what is still running when it ends. */
    private static final int CLOSE_TIMEOUT = 5;

    private final Main main;
    private final Extent extent;
    private final BrokenRoutes broken;
    private final RouteFiles routes;
    private Console console;

    private Application(Main main, Extent extent, BrokenRoutes broken) {
        this.main = main;
        this.extent = extent;
        this.broken = broken;
        this.routes = new RouteFiles(broken);
    }

    /**
     * Starts with {@code application-PROFILE.properties} and {@code application.properties} of the working directory; the
     * former takes precedence. Skips route files with a mistake, see {@link #broken}.
     *
     * @throws UsageException if a setting is invalid
     */
    public static Application start(String profile, Extent extent) {
        Proxies.applyEnvironment();
        JdbcDrivers.load();
        BrokenRoutes broken = new BrokenRoutes();
        while (true) {
            Application application = new Application(new Main(), extent, broken);
            try {
                if (application.start(profile)) {
                    return application;
                }
                application.close();
            } catch (Exception e) {
                PermanentException explained = new StartFailure(application.context(), application.routes).explain(e);
                application.close();
                if (!(explained instanceof RouteMistake mistake) || broken.contains(mistake.file())) {
                    throw explained;
                }
                application.routes.skip(mistake);
            }
            // the routes of a broken file cannot be removed from a context: start again without the file
        }
    }

    /** Starts; returns false if a check of all routes has found another broken file. */
    private boolean start(String profile) throws Exception {
        main.setPropertyPlaceholderLocations(locations(profile));
        main.setRoutesCollector(routes);
        main.addInitialProperty("caravan.profile", profile);
        main.addInitialProperty("camel.component.http.useSystemProperties", "true"); // set by Proxies
        main.addOverrideProperty("camel.component.pipeline.schedule", Boolean.toString(extent == Extent.SERVE));
        main.addOverrideProperty("camel.component.pipeline.service", Boolean.toString(extent.serves()));
        if (extent.compareTo(Extent.COMPONENTS) <= 0) {
            main.addOverrideProperty("camel.main.routesIncludePattern", "false");
        }
        if (extent == Extent.SETTINGS) {
            // otherwise Camel creates their beans
            main.setPropertyPlaceholderLocations("false");
        }
        // Camel's default strategy waits until the context is stopped, which no command does during a run
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        main.configure().withJmxEnabled(extent.serves());
        // a paused pipeline is not a fault of the process
        main.addInitialProperty("camel.health.routesEnabled", "false");
        main.addInitialProperty("camel.health.consumersEnabled", "false");
        main.bind("aws2-s3", new BoundedS3Component());
        main.bind("jdbc", new TypedJdbcComponent());
        main.bind("http", new BoundedHttpComponent());
        main.bind("https", new BoundedHttpComponent());
        if (extent == Extent.LEDGER || extent == Extent.PIPELINES) {
            main.addMainListener(new LedgerSecretsOnly());
        }
        main.addMainListener(new SettingsListener(!profile.equals(DEMO)));
        if (profile.equals(LOCAL) || profile.equals(DEMO)) {
            if (!hasLocalServices()) {
                throw new UsageException("Profile " + profile
                        + " needs the local services, which are not installed: add --profile prod.");
            }
            LocalServices.require();
            HeadStart.localServices();
        }
        main.init();
        if (hasLocalServices() && hasLedgerIn(DEMO_DATA)) {
            LocalServices.join(DEMO_DATA);
        }
        if (extent == Extent.SETTINGS) {
            main.getCamelContext().getPropertiesComponent().setLocation(locations(profile));
        }
        if (extent.compareTo(Extent.COMPONENTS) > 0) {
            SettingsFiles settings = new SettingsFiles(
                    Path.of(""), List.of("application.properties", "application-" + profile + ".properties"));
            settings.check(routes.placeholders());
            settings.checkComponents(context());
            if (extent.compareTo(Extent.ON_DEMAND) >= 0) {
                Lineage.configure(context());
                Telemetry.validate(context());
            }
            if (extent.serves()) {
                Alerts.validate(context());
            }
            if (CallCheck.skipBroken((ModelCamelContext) context(), routes)) {
                return false;
            }
        }
        if (main.configure().isRoutesReloadEnabled()) {
            throw new UsageException("camel.main.routesReloadEnabled = true is not supported, because Camel stops all"
                    + " routes at a mistake: remove it, and restart Caravan after a change");
        }
        HealthCheckRegistry health = HealthCheckRegistry.get(context());
        if (health != null) {
            health.register(new RouteFilesHealth(broken));
        }
        stopOnExit();
        if (extent == Extent.PIPELINES || extent == Extent.ON_DEMAND) {
            disableWatchers();
        }
        main.start();
        if (extent.compareTo(Extent.ON_DEMAND) >= 0) {
            Telemetry.start(context(), pipelines());
        }
        if (extent.serves()) {
            console = Console.start(context());
            context().addService(new Alerts(context(), pipelines()));
        }
        return true;
    }

    /** Returns false in a production image. */
    private static boolean hasLocalServices() {
        return Application.class.getResource("local/LocalServices.class") != null;
    }

    /** Stops Camel gracefully on SIGTERM, so that runs can finish; then the local services. */
    private void stopOnExit() {
        if (hasLocalServices()) {
            LocalServices.stopAfter(this::stopInOrder);
        } else {
            Runtime.getRuntime().addShutdownHook(new Thread(this::stopInOrder, "stop"));
        }
    }

    private void stopInOrder() {
        closeConsole();
        if (context().isStarted()) {
            LOG.info(
                    "Stopping: runs have {} s to finish",
                    context().getShutdownStrategy().getTimeout());
        }
        context().stop(); // waits if the context is stopping already
    }

    private static String locations(String profile) {
        Path settings = Path.of("application.properties");
        if (!Files.exists(settings)) {
            throw new UsageException(
                    settings + " not found in " + settings.toAbsolutePath().getParent()
                            + ": run Caravan in the directory of its settings and routes.");
        }
        Path own = Path.of("application-" + profile + ".properties");
        if (!profile.equals(LOCAL) && !Files.exists(own)) {
            throw new UsageException("Unknown profile " + profile + ": " + own + " not found in "
                    + own.toAbsolutePath().getParent());
        }
        return "file:" + own + ";optional=true,file:" + settings;
    }

    private boolean hasLedgerIn(Path directory) {
        return extent != Extent.SETTINGS
                && component("pipeline", PipelineComponent.class)
                        .ledgerFile()
                        .filter(file -> file.startsWith(directory.toAbsolutePath()))
                        .isPresent();
    }

    /** Disables routes that start on their own: timers and polling consumers. */
    private void disableWatchers() {
        for (RouteDefinition route : ((ModelCamelContext) context()).getRouteDefinitions()) {
            if (route.getInput() == null) {
                throw new UsageException("Route " + (route.getId() == null ? "without an id" : route.getId())
                        + (route.getLocation() == null ? "" : " (" + route.getLocation() + ")") + " has no from");
            }
            String uri = route.getInput().getEndpointUri();
            if (!ON_DEMAND.contains(StringHelper.before(uri, ":", uri))) {
                route.setAutoStartup("false");
            }
        }
    }

    /** Returns the Camel context. */
    public CamelContext context() {
        return main.getCamelContext();
    }

    /** Returns a component by name. */
    public <T extends Component> T component(String name, Class<T> type) {
        return context().getComponent(name, type);
    }

    /** Returns the pipelines and their ledger. */
    public Pipelines pipelines() {
        return component("pipeline", PipelineComponent.class).pipelines();
    }

    /** Returns the route files that were skipped because of a mistake. */
    public BrokenRoutes broken() {
        return broken;
    }

    /**
     * Checks that a pipeline is not in a broken file.
     *
     * @throws UsageException with the file's mistake
     */
    public void require(String pipeline) {
        if (!pipelines().names().contains(pipeline)) {
            broken.require(pipeline);
        }
    }

    /** Logs the skipped route files. */
    public void logBroken() {
        broken.mistakes().forEach(mistake -> LOG.error("Skipped route file: {}", mistake.getMessage()));
    }

    /** Returns the address of the console; empty if it does not run. */
    public Optional<URI> consoleAddress() {
        return Optional.ofNullable(console).map(Console::address);
    }

    private void closeConsole() {
        if (console != null) {
            console.close();
        }
    }

    /** Waits until the process is terminated. */
    public void awaitStop() throws InterruptedException {
        main.getShutdownStrategy().await();
    }

    /** Stops gracefully. */
    @Override
    public void close() {
        closeConsole();
        if (!extent.serves() && context() != null) {
            context().getShutdownStrategy().setTimeout(CLOSE_TIMEOUT);
        }
        main.stop();
    }
}
