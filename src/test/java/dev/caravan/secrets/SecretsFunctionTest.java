package dev.caravan.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import dev.caravan.secrets.SecretsManagerServer.Trouble;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.Main;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that refer to secrets, read by the AWS SDK from a server that speaks its protocol. */
class SecretsFunctionTest {

    private static final String CANARY = "canary-of-the-password";
    private static final String POSTGRES = "dlt/clever-cloud-postgres";

    private final SecretsManagerServer server = SecretsManagerServer.start();
    private Main main;

    @BeforeEach
    void start() {
        credentials(SecretsManagerServer.ACCESS_KEY);
        server.put(
                POSTGRES,
                "{\"host\":\"db.example.com\",\"port\":5432,\"tls\":true,\"password\":\"" + CANARY
                        + "\",\"nothing\":null,\"blank\":\"\",\"list\":[1],\"braces\":\"" + CANARY + "{{x\"}");
        main = start(server.url(), SecretsManagerServer.REGION);
    }

    @AfterEach
    void stop() {
        main.stop();
        server.close();
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    private static Main start(String endpoint, String region) {
        Main main = new Main();
        main.setPropertyPlaceholderLocations("false");
        main.addInitialProperty("aws.endpoint", endpoint);
        main.addInitialProperty("aws.region", region);
        main.start();
        return main;
    }

    private static void credentials(String accessKey) {
        System.setProperty("aws.accessKeyId", accessKey);
        System.setProperty("aws.secretAccessKey", SecretsManagerServer.SECRET_KEY);
    }

    private String resolve(String text) {
        return main.getCamelContext().resolvePropertyPlaceholders(text);
    }

    @Test
    void takesBracesAsTheyAreWhereSettingsAreReadVerbatim() {
        PropertiesComponent settings =
                (PropertiesComponent) main.getCamelContext().getPropertiesComponent();
        settings.setPropertiesParser(new VerbatimSecrets(settings));
        assertThat(resolve("{{aws:" + POSTGRES + "#braces}}")).isEqualTo(CANARY + "{{x");
        assertThat(resolve(resolve("{{aws:" + POSTGRES + "#braces}}"))).isEqualTo(CANARY + "{{x");
    }

    @Test
    void readsFieldsOfASecretThatIsFetchedOnce() {
        assertThat(server.calls()).isEmpty();
        assertThat(resolve("jdbc:postgresql://{{aws:" + POSTGRES + "#host}}:{{aws:" + POSTGRES + "#port}}/shop"))
                .isEqualTo("jdbc:postgresql://db.example.com:5432/shop");
        assertThat(resolve("{{aws:" + POSTGRES + "#password}}")).isEqualTo(CANARY);
        assertThat(resolve("{{aws:" + POSTGRES + "#tls}}")).isEqualTo("true");
        assertThat(server.calls()).containsExactly("GetSecretValue " + POSTGRES);
    }

    @Test
    void readsAWholeSecretAndAnArn() {
        String key = "-----BEGIN PRIVATE KEY-----\nMIIE/+#:@\\=\n-----END PRIVATE KEY-----\n";
        server.put("plain", key);
        assertThat(resolve("{{aws:plain}}")).isEqualTo(key);
        assertThat(resolve(
                        "{{aws:arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + POSTGRES + "-AbCdEf#host}}"))
                .isEqualTo("db.example.com");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "#user | AWS secret dlt/clever-cloud-postgres has no field user: it has host, port, tls, password,",
                "#nothing | Field nothing of AWS secret dlt/clever-cloud-postgres has no value",
                "#blank | Field blank of AWS secret dlt/clever-cloud-postgres has no value",
                "#list | Field list of AWS secret dlt/clever-cloud-postgres has no value",
                "#braces | Field braces of AWS secret dlt/clever-cloud-postgres contains two braces in a row",
                "# | Invalid reference {{aws:dlt/clever-cloud-postgres#}}",
                "2#host | Field host of AWS secret dlt/clever-cloud-postgres2 cannot be read: the secret does not exist"
            })
    void saysWhatIsWrongWithAReference(String reference, String mistake) {
        refused(POSTGRES + reference, mistake);
    }

    @Test
    void saysWhatIsWrongWithASecret() {
        server.put("text", CANARY).create("empty").create("gone").delete("gone");
        refused("text#password", "AWS secret text is not a JSON object, so it has no field password");
        refused("empty#password", "the secret has no value yet");
        refused("gone#password", "the secret is marked for deletion");
    }

    /** Whoever pastes a key into the console, or uses base64 without -w 0, stores real line ends. */
    @Test
    void readsALineEndThatIsNotEscaped() {
        server.put("pasted", "{\"private_key\": \"TUlJ\nRXZR\n\"}");
        assertThat(resolve("{{aws:pasted#private_key}}")).isEqualTo("TUlJ\nRXZR\n");
    }

    @Test
    void takesTheDefaultWhereThereIsNoValue() {
        server.create("empty");
        server.put("plain", "db.example.com");
        String arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:";
        assertThat(resolve("{{aws:" + POSTGRES + "#passphrase:}}")).isEmpty();
        assertThat(resolve("{{aws:" + POSTGRES + "#user:reader:x}}")).isEqualTo("reader:x");
        assertThat(resolve("{{aws:" + POSTGRES + "#blank:other}}")).isEqualTo("other");
        assertThat(resolve("{{aws:" + POSTGRES + "#host:other}}")).isEqualTo("db.example.com");
        assertThat(resolve("{{aws:empty#host:other}}")).isEqualTo("other");
        assertThat(resolve("{{aws:missing:other}}")).isEqualTo("other");
        assertThat(resolve("{{aws:" + arn + POSTGRES + "-AbCdEf#user:other}}")).isEqualTo("other");
        assertThat(resolve("{{aws:" + arn + "plain-AbCdEf:other}}")).isEqualTo("db.example.com");
    }

    /** Else a missing permission would show as something else, far away. */
    @Test
    void aDefaultHidesNoMistake() {
        server.put("text", CANARY);
        refused(POSTGRES + "#list:other", "Field list of AWS secret dlt/clever-cloud-postgres has no value");
        refused("text#password:other", "AWS secret text is not a JSON object");
        main.stop();
        main = start(server.url(), SecretsManagerServer.REGION);
        server.trouble(POSTGRES, Trouble.ACCESS_DENIED);
        refused(POSTGRES + "#password:other", "secretsmanager:GetSecretValue on it");
    }

    @Test
    void saysWhichPermissionIsMissing() {
        server.trouble(POSTGRES, Trouble.ACCESS_DENIED);
        refused(
                POSTGRES + "#password",
                "Field password of AWS secret dlt/clever-cloud-postgres cannot be read: the credentials lack the IAM"
                        + " action secretsmanager:GetSecretValue on it");
        server.trouble(POSTGRES, Trouble.KMS_DENIED);
        refused(POSTGRES + "#password", "need the IAM action kms:Decrypt on the key");
        server.trouble(POSTGRES, Trouble.DECRYPTION_FAILURE);
        refused(POSTGRES + "#password", "need the IAM action kms:Decrypt on the key");
    }

    @Test
    void saysThatTheCredentialsOrTheRegionAreWrong() {
        credentials("AKIDOTHER");
        refused(POSTGRES + "#password", "AWS rejected the credentials (UnrecognizedClientException)");
        credentials(SecretsManagerServer.ACCESS_KEY);
        main.stop();
        main = start(server.url(), "us-east-1");
        refused(
                POSTGRES + "#password",
                "the secret does not exist in this account and region. Check its name and aws.region");
    }

    @Tag("slow")
    @Test
    void triesAgainWhenThatMayHelpAndGivesUpWithinSeconds() {
        for (Trouble trouble : new Trouble[] {Trouble.THROTTLED, Trouble.INTERNAL_ERROR, Trouble.CUT, Trouble.SILENT}) {
            server.trouble(POSTGRES, trouble);
            int before = server.calls().size();
            long start = System.nanoTime();
            Throwable failure = failure(POSTGRES + "#password");
            assertThat(failure).as(trouble.name()).isInstanceOf(TransientException.class);
            assertThat(failure.getMessage())
                    .startsWith("Field password of AWS secret " + POSTGRES + " cannot be read: ");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
            assertThat(server.calls().size() - before).as(trouble.name()).isGreaterThan(1);
        }
        server.trouble(POSTGRES, null);
        assertThat(resolve("{{aws:" + POSTGRES + "#password}}")).isEqualTo(CANARY);
    }

    @Test
    void sendsNothingToAnAddressInClear() {
        for (String address : new String[] {"http://192.0.2.1", "nonsense", "ftp://127.0.0.1"}) {
            main.stop();
            main = start(address, SecretsManagerServer.REGION);
            refused(POSTGRES + "#password", "aws.endpoint = " + address + ": it must begin with https");
        }
    }

    private void refused(String reference, String mistake) {
        Throwable failure = failure(reference);
        assertThat(failure).isInstanceOf(UsageException.class).hasMessageContaining(mistake);
        assertThat(failure.getMessage()).endsWith(".").doesNotContain("\n", "Request ID");
    }

    /** What the function has thrown; nothing around it may hold a value either. */
    private Throwable failure(String reference) {
        Throwable whole = catchThrowable(() -> resolve("{{aws:" + reference + "}}"));
        assertThat(Throwables.getStackTrace(whole)).doesNotContain("canary-of");
        return Stream.iterate(whole, e -> e != null, Throwable::getCause)
                .filter(e -> e instanceof UsageException || e instanceof TransientException)
                .findFirst()
                .orElseThrow(() -> new AssertionError("No sentence of ours", whole));
    }
}
