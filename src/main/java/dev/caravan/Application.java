package dev.caravan;

import dev.caravan.aws.BoundedS3Component;
import dev.caravan.exchangerates.ExchangeRateBackfill;
import dev.caravan.exchangerates.ExchangeRateRoutes;
import dev.caravan.http.BoundedHttpComponent;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    /** The profile of a fresh check-out: no account, no network. */
    public static final String LOCAL = "local";

    /** The profile of {@code caravan demo}, which works in a directory of its own, whatever the environment says. */
    public static final String DEMO = "demo";

    /** What {@link #DEMO} keeps, and deletes. */
    public static final Path DEMO_DATA = Path.of("data/demo");

    private static final Set<String> ON_DEMAND = Set.of("pipeline", "direct", "seda");

    /** How far the application is started. */
    public enum Extent {
        /** The settings can be asked for, each one when it is needed; nothing else. */
        SETTINGS,
        /** The ledger can be asked; no routes, and no secret is read but its own. */
        LEDGER,
        /** Components and beans; no routes. */
        COMPONENTS,
        /** Pipelines can be looked at, and the ledger; no secret is read but its own, so nothing else can be reached. */
        PIPELINES,
        /** Pipelines can run by hand; nothing that watches a clock or a place acts. */
        ON_DEMAND,
        /** Pipelines fire on their schedules too, and JMX answers. */
        SERVE
    }

    /** What a command leaves behind when its run was cancelled or timed out gets this many seconds. */
    private static final int LEFTOVERS = 5;

    private final Main main;
    private final Extent extent;
    private final BrokenRoutes broken;
    private final RouteFiles routes;

    private Application(Main main, Extent extent, BrokenRoutes broken) {
        this.main = main;
        this.extent = extent;
        this.broken = broken;
        this.routes = new RouteFiles(broken);
    }

    /**
     * Reads {@code application-PROFILE.properties} and {@code application.properties} of the working directory, the
     * former winning, and starts. A route file with a mistake is left out, see {@link #broken}.
     *
     * @throws UsageException if the settings hold a mistake
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
            // what Camel has made of a broken file cannot be taken back: once more, without it
        }
    }

    /** Starts, unless a route turns out to be broken that seemed right when its file was read. */
    private boolean start(String profile) throws Exception {
        main.setPropertyPlaceholderLocations(locations(profile));
        main.setRoutesCollector(routes);
        main.addInitialProperty("caravan.profile", profile);
        main.addInitialProperty("camel.component.http.useSystemProperties", "true"); // those of Proxies
        main.addOverrideProperty("camel.component.pipeline.schedule", Boolean.toString(extent == Extent.SERVE));
        if (extent.compareTo(Extent.COMPONENTS) <= 0) {
            main.addOverrideProperty("camel.main.routesIncludePattern", "false");
        }
        if (extent == Extent.SETTINGS) {
            // else Camel makes the beans that they describe
            main.setPropertyPlaceholderLocations("false");
        }
        // Camel's own strategy waits for somebody to stop the context, which no command does in the midst of a run
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        main.configure().withJmxEnabled(extent == Extent.SERVE);
        main.bind("aws2-s3", new BoundedS3Component());
        main.bind("jdbc", new TypedJdbcComponent());
        main.bind("http", new BoundedHttpComponent());
        main.bind("https", new BoundedHttpComponent());
        if (extent.compareTo(Extent.COMPONENTS) > 0) {
            main.configure().addRoutesBuilder(new ExchangeRateRoutes());
            main.configure().addRoutesBuilder(new ExchangeRateBackfill());
        }
        if (extent == Extent.LEDGER || extent == Extent.PIPELINES) {
            main.addMainListener(new LedgerSecretsOnly());
        }
        main.addMainListener(new SettingsListener(!profile.equals(DEMO)));
        if (profile.equals(LOCAL) || profile.equals(DEMO)) {
            if (!hasLocalServices()) {
                throw new UsageException("The profile " + profile
                        + " needs local services, which are not installed here: add --profile prod.");
            }
            LocalServices.require();
        }
        main.init();
        if (hasLocalServices() && keepsItsLedgerIn(DEMO_DATA)) {
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
            holdWatchers();
        }
        main.start();
        return true;
    }

    /** A production image has none. */
    private static boolean hasLocalServices() {
        return Application.class.getResource("local/LocalServices.class") != null;
    }

    /** A process that is told to end stops Camel in order: runs may finish. The local services stop after their users. */
    private void stopOnExit() {
        if (hasLocalServices()) {
            LocalServices.stopAfter(this::stopInOrder);
        } else {
            Runtime.getRuntime().addShutdownHook(new Thread(this::stopInOrder, "stop"));
        }
    }

    private void stopInOrder() {
        if (context().isStarted()) {
            LOG.info(
                    "Stopping: what runs has {} s to finish",
                    context().getShutdownStrategy().getTimeout());
        }
        context().stop(); // waits if someone else is stopping it already
    }

    private static String locations(String profile) {
        Path settings = Path.of("application.properties");
        if (!Files.exists(settings)) {
            throw new UsageException("There is no " + settings + " in "
                    + settings.toAbsolutePath().getParent() + ": run Caravan where its settings and routes are.");
        }
        Path own = Path.of("application-" + profile + ".properties");
        if (!profile.equals(LOCAL) && !Files.exists(own)) {
            throw new UsageException("No profile " + profile + ": there is no " + own + " in "
                    + own.toAbsolutePath().getParent());
        }
        return "file:" + own + ";optional=true,file:" + settings;
    }

    private boolean keepsItsLedgerIn(Path directory) {
        return extent != Extent.SETTINGS
                && component("pipeline", PipelineComponent.class)
                        .ledgerFile()
                        .filter(file -> file.startsWith(directory.toAbsolutePath()))
                        .isPresent();
    }

    /** Keeps the routes from starting that watch a clock or a place. */
    private void holdWatchers() {
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

    /** The running Camel context. */
    public CamelContext context() {
        return main.getCamelContext();
    }

    /** A component by its name. */
    public <T extends Component> T component(String name, Class<T> type) {
        return context().getComponent(name, type);
    }

    /** The pipelines and their ledger. */
    public Pipelines pipelines() {
        return component("pipeline", PipelineComponent.class).pipelines();
    }

    /** The route files that were left out because of a mistake. */
    public BrokenRoutes broken() {
        return broken;
    }

    /**
     * Refuses to go on for a pipeline that is in a broken file.
     *
     * @throws UsageException if it is: the file's mistake
     */
    public void require(String pipeline) {
        if (!pipelines().names().contains(pipeline)) {
            broken.require(pipeline);
        }
    }

    /** Logs the route files that were left out. */
    public void logBroken() {
        broken.mistakes().forEach(mistake -> LOG.error("Skipped route file: {}", mistake.getMessage()));
    }

    /** Waits until the process is told to end. */
    public void awaitStop() throws InterruptedException {
        main.getShutdownStrategy().await();
    }

    /** Stops gracefully. */
    @Override
    public void close() {
        if (extent != Extent.SERVE && context() != null) {
            context().getShutdownStrategy().setTimeout(LEFTOVERS);
        }
        main.stop();
    }
}
