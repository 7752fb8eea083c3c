package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.manifest.KubernetesManifest;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.PipelineEndpoint;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.camel.Route;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "manifest",
        description = "Print what another engine needs to run the pipelines.",
        mixinStandardHelpOptions = true,
        versionProvider = CaravanCommand.Version.class,
        synopsisSubcommandLabel = "kubernetes",
        subcommands = ManifestCommand.Kubernetes.class)
final class ManifestCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command: kubernetes");
    }

    @Command(
            name = "kubernetes",
            description =
                    "Print a CronJob for each scheduled pipeline, a Deployment of the console, ConfigMaps of settings"
                            + " and routes, and NetworkPolicies, as YAML for kubectl apply. Each slot runs in a pod of its own; the"
                            + " ledger must be in PostgreSQL.",
            footerHeading = "%nExample:%n",
            footer =
                    "  caravan manifest kubernetes --profile prod --image registry.example.com/caravan:1.4 | kubectl apply -f -")
    static final class Kubernetes implements Callable<Integer> {

        private static final Path ROUTES = Path.of("routes");

        @Mixin
        private CommandContext context;

        @Option(
                names = "--image",
                required = true,
                paramLabel = "IMAGE",
                description = "Image of Caravan, with its tag.")
        private String image;

        @Option(
                names = "--secret",
                paramLabel = "NAME",
                defaultValue = "caravan",
                description =
                        "Secret whose keys are settings as environment variables, such as LEDGER_PASSWORD (default:"
                                + " caravan).")
        private String secret;

        @Option(
                names = "--cpu",
                paramLabel = "CPU",
                defaultValue = "500m",
                description = "CPU that a pod requests, unless its pipeline has the option cpu (default: 500m).")
        private String cpu;

        @Option(
                names = "--memory",
                paramLabel = "MEMORY",
                defaultValue = "1Gi",
                description =
                        "Memory that a pod requests, and its limit, unless its pipeline has the option memory (default:"
                                + " 1Gi).")
        private String memory;

        @Override
        public Integer call() {
            try (Application application = context.startQuietly(Extent.PIPELINES)) {
                List<PipelineEndpoint> pipelines = application.context().getRoutes().stream()
                        .map(Route::getEndpoint)
                        .filter(PipelineEndpoint.class::isInstance)
                        .map(PipelineEndpoint.class::cast)
                        .sorted(Comparator.comparing(PipelineEndpoint::getName))
                        .toList();
                Map<String, String> settings = new TreeMap<>();
                for (String name :
                        List.of("application.properties", "application-" + context.profile() + ".properties")) {
                    if (Files.exists(Path.of(name))) {
                        settings.put(name, read(Path.of(name)));
                    }
                }
                KubernetesManifest.Pods pods =
                        new KubernetesManifest.Pods(image, context.profile(), secret, cpu, memory);
                context.print(List.of(new KubernetesManifest(pods, settings, routes())
                        .yaml(pipelines)
                        .stripTrailing()));
                if (application
                        .component("pipeline", PipelineComponent.class)
                        .ledgerFile()
                        .isPresent()) {
                    context.info(
                            "The ledger is a file, which each pod would have for itself: set ledger.url to a database of"
                                    + " PostgreSQL");
                }
            }
            return 0;
        }

        private static Map<String, String> routes() {
            Map<String, String> routes = new TreeMap<>();
            try (Stream<Path> files = Files.walk(ROUTES)) {
                files.filter(Files::isRegularFile)
                        .forEach(file -> routes.put(ROUTES.relativize(file).toString(), read(file)));
            } catch (IOException e) {
                throw new UsageException("Cannot read " + ROUTES + ": " + e, e);
            }
            return routes;
        }

        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
