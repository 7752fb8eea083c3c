package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service: schedules, pause and resume by all ways, a graceful end. */
class ServeIT {

    private static final String EVERY_SECOND = "* * * * * ?";

    @TempDir
    private Path home;

    private Installation caravan;
    private Process serve;

    @BeforeEach
    void install() throws IOException {
        caravan = Installation.in(home);
        Path route = home.resolve("routes/currencies-weekly.yaml");
        Files.writeString(route, Files.readString(route).replace("0 0 * * 0", EVERY_SECOND));
        serve();
    }

    private void serve() throws IOException {
        serve = caravan.start("serve", "serve").process();
    }

    @AfterEach
    void stop() throws InterruptedException {
        serve.destroy();
        if (!serve.waitFor(30, TimeUnit.SECONDS)) {
            serve.destroyForcibly().waitFor();
        }
    }

    @Test
    void firesEachSlotOnceAndPausesByAllWays() throws Exception {
        awaitRuns(3);
        assertThat(slots()).doesNotHaveDuplicates();
        assertThat(runs()).allSatisfy(run -> {
            assertThat(run.get("trigger").asText()).isEqualTo("schedule");
        });

        assertThat(caravan.run("pause", "currencies-weekly").exit()).isZero();
        awaitQuiet();
        assertThat(jmx("State")).isEqualTo("Suspended");
        assertThat(caravan.run("run", "currencies-weekly").exit()).as("by hand").isZero();

        invoke("resume");
        assertThat(caravan.run("ls", "--output", "json")
                        .json()
                        .get(0)
                        .get("paused")
                        .asBoolean())
                .isFalse();
        int before = runs().size();
        await().atMost(Duration.ofSeconds(30)).until(() -> runs().size() > before);

        invoke("suspend");
        assertThat(caravan.run("ls", "--output", "json")
                        .json()
                        .get(0)
                        .get("paused")
                        .asBoolean())
                .isTrue();
        awaitQuiet();

        stop();
        assertThat(serve.exitValue()).as("ended by SIGTERM").isEqualTo(143);
        assertThat(home.resolve("serve.err")).content().contains("Stopping: runs have 45 s to finish");
        serve();
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> jmx("State")
                .equals("Suspended"));
        awaitQuiet();
    }

    @Test
    void aStopIsNoPauseAndLeavesNoRunUnderWay() throws Exception {
        awaitRuns(2);
        stop();
        assertThat(runs())
                .allSatisfy(run -> assertThat(run.get("state").asText()).isIn("completed", "cancelled", "skipped"));
        assertThat(caravan.run("ls", "--output", "json")
                        .json()
                        .get(0)
                        .get("paused")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void killedAndStartedAgain() throws Exception {
        awaitRuns(1);
        serve.destroyForcibly().waitFor();
        int before = runs().size();
        assertThat(runs())
                .allSatisfy(run -> assertThat(run.get("state").asText()).isIn("completed", "crashed", "skipped"));
        serve();
        awaitRuns(before + 1);
        assertThat(slots()).doesNotHaveDuplicates();
    }

    private List<JsonNode> runs() {
        JsonNode runs = caravan.run(
                        "runs", "ls", "--limit", "500", "--pipeline", "currencies-weekly", "--output", "json")
                .json();
        return StreamSupport.stream(runs.spliterator(), false).toList();
    }

    private List<String> slots() {
        return runs().stream()
                .map(run -> caravan.run("runs", "show", run.get("run").asText(), "--output", "json")
                        .json()
                        .get("slot")
                        .asText())
                .toList();
    }

    private void awaitRuns(int count) {
        await().atMost(Duration.ofSeconds(90))
                .until(() -> runs().stream()
                                .filter(run -> run.get("state").asText().equals("completed"))
                                .count()
                        >= count);
    }

    /** Slots pass by without a run. */
    private void awaitQuiet() {
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            int before = runs().size();
            Thread.sleep(5_000); // five slots
            return runs().size() == before;
        });
    }

    private Object jmx(String attribute) throws Exception {
        return onRoute((connection, route) -> connection.getAttribute(route, attribute));
    }

    private void invoke(String operation) throws Exception {
        onRoute((connection, route) -> connection.invoke(route, operation, null, null));
    }

    private interface Use {
        Object on(MBeanServerConnection connection, ObjectName route) throws Exception;
    }

    /** As any JMX client does: attach, start the agent, ask Camel's own MBean. */
    @SuppressWarnings("BanJNDI") // JMX itself is what is shown here
    private Object onRoute(Use use) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(serve.pid()));
        try (JMXConnector connector =
                JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()), Map.of())) {
            return use.on(
                    connector.getMBeanServerConnection(),
                    new ObjectName("org.apache.camel:context=caravan,type=routes,name=\"currencies-weekly\""));
        } finally {
            machine.detach();
        }
    }
}
