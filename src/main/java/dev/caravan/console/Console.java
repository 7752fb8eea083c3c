package dev.caravan.console;

import dev.caravan.operations.Settings;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.routes.BrokenRoutes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.BindException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The console of a running Camel context: a server for pages, their JSON and health. */
public final class Console implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Console.class);

    private static final int WORKERS = 4;
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final URI address;

    private Console(Vertx vertx, URI address) {
        this.vertx = vertx;
        this.address = address;
    }

    /**
     * Starts the console of a context as its settings {@code console.*} say.
     *
     * @return the console; null if it is disabled, or if its port is in use, which is logged: pipelines are more important
     * @throws dev.caravan.run.UsageException if a setting is invalid
     */
    public static Console start(CamelContext context) {
        ConsoleSettings settings = ConsoleSettings.of(new Settings(context));
        if (!settings.enabled()) {
            return null;
        }
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(WORKERS)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        Data data = new Data(
                context,
                context.getComponent("pipeline", PipelineComponent.class).pipelines(),
                BrokenRoutes.of(context));
        HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost(settings.host())
                        .setPort(settings.port())
                        .setIdleTimeout((int) IDLE.toSeconds())
                        .setHttp2ClearTextEnabled(false)
                        .setMaxFormFields(100))
                .requestHandler(new Site(vertx, data, settings).router());
        try {
            await(server.listen());
        } catch (CompletionException e) {
            vertx.close();
            if (!(e.getCause() instanceof BindException)) {
                throw e;
            }
            LOG.warn(
                    "The console cannot use port {} of {}: {}. Pipelines run without it; set console.port to another one, or"
                            + " console.enabled to false",
                    settings.port(),
                    settings.host(),
                    e.getCause().getMessage());
            return null;
        }
        return new Console(vertx, address(settings, server.actualPort()));
    }

    private static URI address(ConsoleSettings settings, int port) {
        String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
        return settings.url() != null ? settings.url() : URI.create("http://" + host + ":" + port);
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    /** Returns the address that users open. */
    public URI address() {
        return address;
    }

    @Override
    public void close() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .completeOnTimeout(null, STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }
}
