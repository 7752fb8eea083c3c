package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** docker/compose.yaml says what the image and the settings understand, and keeps to what production.md promises. */
class ComposeTest {

    private static final Path SOURCE = Path.of(System.getProperty("caravan.home", "."));

    /** An image of a version, not of whatever is the newest. */
    private static final Pattern PINNED = Pattern.compile("[\\w./-]+:[\\w.-]*\\d[\\w.-]*");

    @SuppressWarnings("unchecked")
    private static Map<String, Object> service(String name) throws IOException {
        Object compose = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(SOURCE.resolve("docker/compose.yaml")));
        Map<String, Object> services = (Map<String, Object>) ((Map<String, Object>) compose).get("services");
        return (Map<String, Object>) services.get(name);
    }

    /** The variables that a service gets, as they are written. */
    @SuppressWarnings("unchecked")
    static Map<String, String> environment(String service) throws IOException {
        return (Map<String, String>) service(service).get("environment");
    }

    private static Set<String> settings() throws IOException {
        Set<String> settings = new TreeSet<>();
        for (String file : List.of("application.properties", "application-prod.properties")) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(SOURCE.resolve(file))) {
                properties.load(reader);
            }
            properties.stringPropertyNames().stream()
                    .filter(key -> !key.startsWith("camel."))
                    .map(key -> key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                    .forEach(settings::add);
        }
        return settings;
    }

    @Test
    void eachVariableIsASetting() throws IOException {
        assertThat(settings()).containsAll(environment("caravan").keySet());
    }

    @Test
    void caravanMayWriteToNothingButItsTwoPlaces() throws IOException {
        assertThat(service("caravan"))
                .containsEntry("read_only", true)
                .containsEntry("volumes", List.of("data:/caravan/data"))
                .containsEntry("cap_drop", List.of("ALL"))
                .containsEntry("security_opt", List.of("no-new-privileges:true"))
                .containsKey("mem_limit")
                .doesNotContainKeys("ports", "privileged", "cap_add", "user", "network_mode");
        assertThat(service("caravan").get("tmpfs").toString()).startsWith("[/tmp:");
    }

    @Test
    void theLedgerIsTheOneThatCaravanIsTold() throws IOException {
        Map<String, String> caravan = environment("caravan");
        Map<String, String> ledger = environment("ledger");
        assertThat(caravan)
                .containsEntry("LEDGER_URL", "jdbc:postgresql://ledger/" + ledger.get("POSTGRES_DB"))
                .containsEntry("LEDGER_USERNAME", ledger.get("POSTGRES_USER"))
                .containsEntry("LEDGER_PASSWORD", ledger.get("POSTGRES_PASSWORD"));
        assertThat(service("ledger"))
                .containsKey("healthcheck")
                .containsEntry("cap_drop", List.of("ALL"))
                .containsEntry("security_opt", List.of("no-new-privileges:true"))
                .doesNotContainKeys("ports", "privileged");
        assertThat(service("caravan").get("depends_on").toString()).isEqualTo("{ledger={condition=service_healthy}}");
    }

    @Test
    void aStopLeavesRunsTheirTime() throws IOException {
        Matcher timeout = Pattern.compile("(?m)^camel.main.shutdownTimeout = (\\d+)")
                .matcher(Files.readString(SOURCE.resolve("application.properties")));
        assertThat(timeout.find()).isTrue();
        String grace = service("caravan").get("stop_grace_period").toString();
        assertThat(Integer.parseInt(grace.replace("s", ""))).isGreaterThan(Integer.parseInt(timeout.group(1)));
    }

    @Test
    void imagesAreOfAVersion() throws IOException {
        assertThat(service("ledger").get("image").toString()).matches(PINNED);
        assertThat(Files.readString(SOURCE.resolve("docker/Dockerfile")).lines())
                .filteredOn(line -> line.startsWith("FROM "))
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat(line.replaceFirst("FROM (\\S+).*", "$1")).matches(PINNED));
    }
}
