package dev.caravan.operations.manifest;

import dev.caravan.pipeline.PipelineEndpoint;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * The objects with which Kubernetes runs each scheduled pipeline in a pod of its own, at its slots, and the console in another one.
 * The ledger decides what a pod does: one that is started twice, or again after a crash, does no harm.
 */
public final class KubernetesManifest {

    private static final String APP = "caravan";
    private static final String CONSOLE = "caravan-console";
    private static final String NAME = "app.kubernetes.io/name";
    private static final String COMPONENT = "app.kubernetes.io/component";
    private static final String HOME = "/caravan";
    private static final int PORT = 8282;
    /** More characters leave no room for what Kubernetes appends. */
    private static final int LONGEST_NAME = 52;
    /** Runs get 45 s to finish (camel.main.shutdownTimeout). */
    private static final int GRACE_SECONDS = 60;

    private static final int LARGEST_CONFIG_MAP = 1_000_000;
    private static final Duration LATEST_START = Duration.ofHours(1);

    /** What both Kubernetes and Caravan read in the same way: numbers, lists, ranges and steps in five fields. */
    private static final Pattern COMMON_CRON = Pattern.compile("[0-9*,/-]+( [0-9*,/-]+){4}");

    /** Kubernetes knows Sunday as 0 only. */
    private static final Pattern SUNDAY_AS_SEVEN = Pattern.compile(".* [^ ]*7[^ ]*");

    /**
     * How the pods are made.
     *
     * @param image of Caravan, with its tag
     * @param profile of the settings
     * @param secret the Secret whose keys are settings as environment variables, such as LEDGER_PASSWORD
     * @param cpu what a pod requests, such as 500m, unless its pipeline says so
     * @param memory what a pod requests, and its limit, such as 1Gi, unless its pipeline says so
     */
    public record Pods(String image, String profile, String secret, String cpu, String memory) {}

    private final Pods pods;
    private final Map<String, String> settings;
    private final Map<String, String> routes;

    /**
     * @param settings the contents of the settings files by name
     * @param routes the contents of the route files by path, from {@code routes/} on
     * @throws UsageException if they are too large for a ConfigMap
     */
    public KubernetesManifest(Pods pods, Map<String, String> settings, Map<String, String> routes) {
        this.pods = pods;
        this.settings = new TreeMap<>(settings);
        this.routes = new TreeMap<>(routes);
        int size = routes.values().stream().mapToInt(String::length).sum();
        if (size > LARGEST_CONFIG_MAP) {
            throw new UsageException("The route files have " + size + " characters, but a ConfigMap of Kubernetes holds"
                    + " 1 MiB: build them into the image");
        }
    }

    /**
     * Returns the objects as YAML documents.
     *
     * @throws UsageException if Kubernetes cannot express a pipeline's schedule
     */
    public String yaml(List<PipelineEndpoint> pipelines) {
        List<Object> objects = new ArrayList<>();
        objects.add(configMap("caravan-settings", settings));
        Map<String, String> files = new TreeMap<>();
        routes.forEach((path, text) -> files.put(key(path), text));
        objects.add(configMap("caravan-routes", files));
        objects.add(nothingConnects());
        objects.add(consolePolicy());
        objects.add(deployment());
        objects.add(service());
        Map<String, String> names = new TreeMap<>();
        for (PipelineEndpoint pipeline : pipelines) {
            if (pipeline.getCron() != null) {
                String other = names.put(objectName(pipeline.getName()), pipeline.getName());
                if (other != null) {
                    throw new UsageException("Pipelines " + other + " and " + pipeline.getName()
                            + " have the same name for Kubernetes: rename one");
                }
                objects.add(cronJob(pipeline));
            }
        }
        Dump dump = new Dump(DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setExplicitStart(true)
                // quotes texts such as True
                .setSchema(new CoreSchema())
                .setWidth(10_000)
                .build());
        StringBuilder text = new StringBuilder();
        objects.forEach(object -> text.append(dump.dumpToString(object)));
        return text.toString();
    }

    /** The name of a route file in a ConfigMap, whose keys have no slashes. */
    private static String key(String path) {
        return path.replaceAll("[^A-Za-z0-9._-]", "_").replace("..", "__");
    }

    /** The name of a pipeline as Kubernetes allows it. */
    private static String objectName(String pipeline) {
        String name = (APP + "-" + pipeline)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("-+$", "");
        if (name.length() > LONGEST_NAME) {
            throw new UsageException("The name of pipeline " + pipeline + " is too long for Kubernetes, which allows "
                    + (LONGEST_NAME - APP.length() - 1) + " characters");
        }
        return name;
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            if (keysAndValues[i + 1] != null) {
                map.put((String) keysAndValues[i], keysAndValues[i + 1]);
            }
        }
        return map;
    }

    private static Map<String, Object> object(String version, String kind, String name) {
        return map("apiVersion", version, "kind", kind, "metadata", map("name", name, "labels", map(NAME, APP)));
    }

    private static Map<String, Object> configMap(String name, Map<String, String> data) {
        Map<String, Object> map = object("v1", "ConfigMap", name);
        map.put("data", data);
        return map;
    }

    /** Nothing connects to the pods; they connect to databases, APIs and the warehouse. */
    private static Map<String, Object> nothingConnects() {
        Map<String, Object> policy = object("networking.k8s.io/v1", "NetworkPolicy", APP);
        policy.put("spec", map("podSelector", map("matchLabels", map(NAME, APP)), "policyTypes", List.of("Ingress")));
        return policy;
    }

    /** Except that pods of the namespace, such as a proxy, reach the console. */
    private static Map<String, Object> consolePolicy() {
        Map<String, Object> policy = object("networking.k8s.io/v1", "NetworkPolicy", CONSOLE);
        policy.put(
                "spec",
                map(
                        "podSelector",
                        map("matchLabels", consoleLabels()),
                        "policyTypes",
                        List.of("Ingress"),
                        "ingress",
                        List.of(map(
                                "from",
                                List.of(map("podSelector", map())),
                                "ports",
                                List.of(map("protocol", "TCP", "port", PORT))))));
        return policy;
    }

    private static Map<String, Object> consoleLabels() {
        return map(NAME, APP, COMPONENT, "console");
    }

    /** The console, which also executes the runs that are requested there. */
    private Map<String, Object> deployment() {
        Map<String, Object> deployment = object("apps/v1", "Deployment", CONSOLE);
        deployment.put(
                "spec",
                map(
                        "replicas",
                        1,
                        "selector",
                        map("matchLabels", consoleLabels()),
                        "template",
                        map(
                                "metadata",
                                // other files are another pod: a running one does not read them again
                                map("labels", consoleLabels(), "annotations", map("caravan/files", files())),
                                "spec",
                                consoleSpec())));
        return deployment;
    }

    private String files() {
        return Integer.toHexString(Objects.hash(settings, routes));
    }

    private Map<String, Object> consoleSpec() {
        Map<String, Object> container = container(
                List.of("serve", "--no-schedule"),
                // without CONSOLE_TOKEN in the Secret it refuses to start
                List.of(
                        map("name", "CONSOLE_HOST", "value", "0.0.0.0"),
                        map("name", "CONSOLE_PORT", "value", "" + PORT)),
                pods.cpu(),
                pods.memory());
        container.put("ports", List.of(map("name", "console", "containerPort", PORT)));
        container.put("startupProbe", probe("live", 60));
        container.put("livenessProbe", probe("live", 6));
        container.put("readinessProbe", probe("ready", 3));
        return podSpec("Always", container);
    }

    private static Map<String, Object> probe(String state, int failures) {
        return map(
                "httpGet",
                map("path", "/observe/health/" + state, "port", "console"),
                "periodSeconds",
                5,
                "timeoutSeconds",
                5,
                "failureThreshold",
                failures);
    }

    private static Map<String, Object> service() {
        Map<String, Object> service = object("v1", "Service", CONSOLE);
        service.put(
                "spec",
                map(
                        "selector",
                        consoleLabels(),
                        "ports",
                        List.of(map("name", "console", "port", 80, "targetPort", "console"))));
        return service;
    }

    private Map<String, Object> cronJob(PipelineEndpoint pipeline) {
        boolean alone =
                pipeline.getMaxConcurrentRuns() == 1 && pipeline.getOnOverlap() == PipelineEndpoint.Overlap.skip;
        Map<String, Object> job = object("batch/v1", "CronJob", objectName(pipeline.getName()));
        job.put(
                "spec",
                map(
                        "schedule",
                        cron(pipeline),
                        "timeZone",
                        pipeline.getTimeZone().equals("UTC") ? "Etc/UTC" : pipeline.getTimeZone(),
                        // otherwise the ledger decides which run waits, and which is cancelled
                        "concurrencyPolicy",
                        alone ? "Forbid" : "Allow",
                        // without it a CronJob that has missed 100 starts never starts again
                        "startingDeadlineSeconds",
                        pipeline.getMaxLateness() == 0
                                ? LATEST_START.toSeconds()
                                : Math.max(10, pipeline.getMaxLateness() / 1000),
                        "successfulJobsHistoryLimit",
                        1,
                        "failedJobsHistoryLimit",
                        3,
                        "jobTemplate",
                        map("spec", jobSpec(pipeline))));
        return job;
    }

    private static String cron(PipelineEndpoint pipeline) {
        String cron = pipeline.getCron().strip().replaceAll("\\s+", " ");
        if (!COMMON_CRON.matcher(cron).matches()
                || SUNDAY_AS_SEVEN.matcher(cron).matches()) {
            throw new UsageException("Kubernetes cannot express the cron '" + cron + "' of pipeline "
                    + pipeline.getName()
                    + ": write it in five fields of numbers, with Sunday as 0, or run the pipeline by"
                    + " caravan serve");
        }
        return cron;
    }

    private Map<String, Object> jobSpec(PipelineEndpoint pipeline) {
        int attempts = pipeline.getRetries() + 1;
        Long deadline = pipeline.getTimeout() == 0
                ? null
                : (Long) ((pipeline.getTimeout() + 2 * pipeline.getMaxRetryDelay()) * attempts / 1000);
        return map(
                "activeDeadlineSeconds",
                deadline,
                // only for a pod that dies: the run goes on with its next attempt
                "backoffLimit",
                pipeline.getRetries(),
                "podFailurePolicy",
                map(
                        "rules",
                        List.of(
                                map(
                                        "action",
                                        "FailJob",
                                        "onExitCodes",
                                        map("containerName", APP, "operator", "In", "values", List.of(1, 2))),
                                map(
                                        "action",
                                        "Ignore",
                                        "onPodConditions",
                                        List.of(map("type", "DisruptionTarget", "status", "True"))))),
                "template",
                map(
                        "metadata",
                        map("labels", map(NAME, APP, "caravan/pipeline", objectName(pipeline.getName()))),
                        "spec",
                        podSpec(
                                "Never",
                                container(
                                        List.of("run", pipeline.getName(), "--slot", "last"),
                                        List.of(),
                                        pipeline.getCpu() == null ? pods.cpu() : pipeline.getCpu(),
                                        pipeline.getMemory() == null ? pods.memory() : pipeline.getMemory()))));
    }

    private Map<String, Object> container(List<String> args, List<Object> more, String cpu, String memory) {
        List<Object> mounts = new ArrayList<>();
        settings.keySet()
                .forEach(file -> mounts.add(
                        map("name", "settings", "mountPath", HOME + "/" + file, "subPath", file, "readOnly", true)));
        mounts.add(map("name", "routes", "mountPath", HOME + "/routes", "readOnly", true));
        mounts.add(map("name", "data", "mountPath", HOME + "/data"));
        mounts.add(map("name", "tmp", "mountPath", "/tmp"));
        List<Object> env = new ArrayList<>(List.of(map("name", "CARAVAN_PROFILE", "value", pods.profile())));
        env.addAll(more);
        return map(
                "name",
                APP,
                "image",
                pods.image(),
                "args",
                args,
                "env",
                env,
                "envFrom",
                List.of(map("secretRef", map("name", pods.secret()))),
                "resources",
                map("requests", map("cpu", cpu, "memory", memory), "limits", map("memory", memory)),
                "securityContext",
                map(
                        "allowPrivilegeEscalation",
                        false,
                        "readOnlyRootFilesystem",
                        true,
                        "capabilities",
                        map("drop", List.of("ALL"))),
                "volumeMounts",
                mounts);
    }

    private Map<String, Object> podSpec(String restart, Map<String, Object> container) {
        List<Object> items = new ArrayList<>();
        routes.keySet().forEach(path -> items.add(map("key", key(path), "path", path)));
        return map(
                "restartPolicy",
                restart,
                "terminationGracePeriodSeconds",
                GRACE_SECONDS,
                "automountServiceAccountToken",
                false,
                "securityContext",
                map("runAsNonRoot", true, "runAsUser", 10001, "fsGroup", 10001),
                "containers",
                List.of(container),
                "volumes",
                List.of(
                        map("name", "settings", "configMap", map("name", "caravan-settings")),
                        map("name", "routes", "configMap", map("name", "caravan-routes", "items", items)),
                        map("name", "data", "emptyDir", map()),
                        map("name", "tmp", "emptyDir", map())));
    }
}
