package dev.caravan.operations.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.PipelineEndpoint;
import dev.caravan.run.UsageException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** The objects as Kubernetes reads them; .ci/run validates them against its schema. */
class KubernetesManifestTest {

    private static final KubernetesManifest.Pods PODS =
            new KubernetesManifest.Pods("caravan:1.4", "prod", "caravan", "250m", "2Gi");

    private static PipelineEndpoint pipeline(String name, String cron) {
        PipelineEndpoint pipeline = new PipelineEndpoint("pipeline:" + name, new PipelineComponent(), name);
        pipeline.setCron(cron);
        return pipeline;
    }

    private static Map<String, JsonNode> objects(PipelineEndpoint... pipelines) {
        String yaml = new KubernetesManifest(
                        PODS,
                        Map.of("application.properties", "a = 1\nb = {{aws:x}}\n"),
                        Map.of("shop.yaml", "- route:\n    id: shop\n", "prod/snowpipe.yaml", "- route: {}\n"))
                .yaml(List.of(pipelines));
        Map<String, JsonNode> objects = new TreeMap<>();
        for (Object each :
                new Load(LoadSettings.builder().setSchema(new CoreSchema()).build()).loadAllFromString(yaml)) {
            JsonNode object = new ObjectMapper().valueToTree(each);
            objects.put(
                    object.at("/kind").asText() + " "
                            + object.at("/metadata/name").asText(),
                    object);
        }
        return objects;
    }

    @Test
    void aScheduledPipelineIsACronJobThatRunsItsLastSlot() {
        PipelineEndpoint shop = pipeline("Shop_orders", "0  6 * * *");
        shop.setTimeZone("Europe/Berlin");
        shop.setRetries(2);
        shop.setTimeout(3_600_000);
        shop.setMaxRetryDelay(60_000);
        shop.setMaxLateness(7_200_000);
        Map<String, JsonNode> objects = objects(shop, pipeline("on-demand", null));
        assertThat(objects)
                .containsOnlyKeys(
                        "ConfigMap caravan-routes",
                        "ConfigMap caravan-settings",
                        "CronJob caravan-shop-orders",
                        "Deployment caravan-console",
                        "NetworkPolicy caravan",
                        "NetworkPolicy caravan-console",
                        "Service caravan-console");
        JsonNode spec = objects.get("CronJob caravan-shop-orders").at("/spec");
        assertThat(spec.at("/schedule").asText()).isEqualTo("0 6 * * *");
        assertThat(spec.at("/timeZone").asText()).isEqualTo("Europe/Berlin");
        assertThat(spec.at("/concurrencyPolicy").asText()).isEqualTo("Forbid");
        assertThat(spec.at("/startingDeadlineSeconds").asInt()).isEqualTo(7200);
        JsonNode job = spec.at("/jobTemplate/spec");
        assertThat(job.at("/activeDeadlineSeconds").asInt()).isEqualTo(3 * (3600 + 120));
        assertThat(job.at("/backoffLimit").asInt()).isEqualTo(2);
        assertThat(job.at("/podFailurePolicy/rules/1/onPodConditions/0/status").isTextual())
                .isTrue();
        JsonNode container = job.at("/template/spec/containers/0");
        assertThat(container.at("/args").toString()).isEqualTo("[\"run\",\"Shop_orders\",\"--slot\",\"last\"]");
        assertThat(container.at("/envFrom/0/secretRef/name").asText()).isEqualTo("caravan");
        assertThat(container.at("/resources").toString())
                .isEqualTo("{\"requests\":{\"cpu\":\"250m\",\"memory\":\"2Gi\"},\"limits\":{\"memory\":\"2Gi\"}}");
    }

    @Test
    void theLedgerDecidesHowRunsOverlapUnlessTheyAreSkipped() {
        PipelineEndpoint queue = pipeline("queue", "*/5 * * * 1-5");
        queue.setOnOverlap(PipelineEndpoint.Overlap.queue);
        queue.setTimeout(0);
        JsonNode spec = objects(queue).get("CronJob caravan-queue").at("/spec");
        assertThat(spec.at("/concurrencyPolicy").asText()).isEqualTo("Allow");
        assertThat(spec.at("/startingDeadlineSeconds").asInt()).isEqualTo(3600);
        assertThat(spec.at("/timeZone").asText()).isEqualTo("Etc/UTC");
        assertThat(spec.at("/jobTemplate/spec/activeDeadlineSeconds").isMissingNode())
                .isTrue();
    }

    @Test
    void thePipelineSaysWhatItsPodNeeds() {
        PipelineEndpoint shop = pipeline("shop", "0 6 * * *");
        shop.setCpu("2");
        shop.setMemory("8Gi");
        assertThat(objects(shop)
                        .get("CronJob caravan-shop")
                        .at("/spec/jobTemplate/spec/template/spec/containers/0/resources")
                        .toString())
                .isEqualTo("{\"requests\":{\"cpu\":\"2\",\"memory\":\"8Gi\"},\"limits\":{\"memory\":\"8Gi\"}}");
    }

    @Test
    void theConsoleLeavesTheSlotsToTheCronJobs() {
        Map<String, JsonNode> objects = objects(pipeline("shop", "0 6 * * *"));
        JsonNode pod = objects.get("Deployment caravan-console").at("/spec/template");
        JsonNode container = pod.at("/spec/containers/0");
        assertThat(container.at("/args").toString()).isEqualTo("[\"serve\",\"--no-schedule\"]");
        assertThat(container.at("/env").toString()).contains("{\"name\":\"CONSOLE_HOST\",\"value\":\"0.0.0.0\"}");
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/observe/health/ready");
        // what selects its pods, and what may connect to them
        for (String selector : List.of(
                "Deployment caravan-console /spec/selector/matchLabels",
                "Service caravan-console /spec/selector",
                "NetworkPolicy caravan-console /spec/podSelector/matchLabels")) {
            int end = selector.lastIndexOf(' ');
            assertThat(objects.get(selector.substring(0, end)).at(selector.substring(end + 1)))
                    .as(selector)
                    .isEqualTo(pod.at("/metadata/labels"));
        }
    }

    @Test
    void filesKeepTheirTextAndTheirPaths() {
        Map<String, JsonNode> objects = objects(pipeline("shop", "0 6 * * *"));
        assertThat(objects.get("ConfigMap caravan-settings")
                        .at("/data/application.properties")
                        .asText())
                .isEqualTo("a = 1\nb = {{aws:x}}\n");
        assertThat(objects.get("ConfigMap caravan-routes")
                        .at("/data/prod_snowpipe.yaml")
                        .asText())
                .isEqualTo("- route: {}\n");
        assertThat(objects.get("CronJob caravan-shop")
                        .at("/spec/jobTemplate/spec/template/spec/volumes/1/configMap/items")
                        .toString())
                .contains("{\"key\":\"prod_snowpipe.yaml\",\"path\":\"prod/snowpipe.yaml\"}");
    }

    @Test
    void whatKubernetesCannotExpressIsRejected() {
        for (String cron : List.of("0 0 6 * * ?", "0 6 * * 7", "0 6 * * MON#1")) {
            assertThatThrownBy(() -> objects(pipeline("shop", cron)))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("cron '" + cron + "' of pipeline shop");
        }
        assertThatThrownBy(() -> objects(pipeline("a-b", "0 6 * * *"), pipeline("a_b", "0 6 * * *")))
                .hasMessageContaining("Pipelines a-b and a_b");
        assertThatThrownBy(() -> objects(pipeline("x".repeat(60), "0 6 * * *"))).hasMessageContaining("too long");
    }
}
