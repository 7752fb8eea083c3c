package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

class LocalS3Test {

    @TempDir
    static Path data;

    private static S3Client s3;
    private static S3Client other; // has a server of its own, as another process would

    @BeforeAll
    static void create() {
        s3 = LocalS3.client(data.resolve("s3").toString(), "rates");
        other = LocalS3.client(data.resolve("s3").toString(), "rates");
    }

    @AfterAll
    static void stop() {
        LocalServices.stop();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(t -> t.getName().startsWith("S3Proxy"));
    }

    @Test
    void objectsArePlainFilesThatEveryServerSees() throws IOException {
        put(s3, "exchange-rates/2026/01.json", "{\"a\":1}");

        assertThat(data.resolve("s3/rates/exchange-rates/2026/01.json")).hasContent("{\"a\":1}");
        Files.writeString(data.resolve("s3/rates/exchange-rates/2026/02.json"), "{\"a\":2}");
        assertThat(keys(other, "exchange-rates/2026/"))
                .containsExactly("exchange-rates/2026/01.json", "exchange-rates/2026/02.json");
        assertThat(other.getObjectAsBytes(r -> r.bucket("rates").key("exchange-rates/2026/02.json"))
                        .asUtf8String())
                .isEqualTo("{\"a\":2}");
        assertThat(other.headObject(r -> r.bucket("rates").key("exchange-rates/2026/01.json"))
                        .contentType())
                .isEqualTo("application/json");
        other.deleteObject(r -> r.bucket("rates").key("exchange-rates/2026/01.json"));
        assertThat(keys(s3, "exchange-rates/2026/")).containsExactly("exchange-rates/2026/02.json");
    }

    @Test
    void ofAllWhoCreateAnObjectOneSucceeds() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 10; round++) {
                String key = "race/" + round + ".json";
                List<Future<Integer>> answers = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    S3Client client = i % 2 == 0 ? s3 : other;
                    answers.add(writers.submit(() -> create(client, key)));
                }
                List<Integer> codes = new ArrayList<>();
                for (Future<Integer> answer : answers) {
                    codes.add(answer.get());
                }
                assertThat(codes).containsOnly(200, 412).containsOnlyOnce(200);
            }
        } finally {
            writers.shutdownNow();
        }
    }

    @Test
    void anObjectThatIsStillBeingWrittenIsNotListed() throws IOException {
        put(s3, "unfinished/whole.json", "{}");
        Files.writeString(data.resolve("s3/rates/unfinished/b.json-0a1b2c3d-1111-2222-3333-0123456789ab"), "{");

        assertThat(keys(s3, "unfinished/")).containsExactly("unfinished/whole.json");
    }

    @Test
    void theServerKeepsNoProcessAlive() {
        put(s3, "threads.json", "{}");
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().matches("(S3Proxy|Scheduler-).*"))
                .isNotEmpty()
                .allMatch(Thread::isDaemon);
    }

    @Test
    void nobodyElseOnTheMachineMayWrite() throws IOException {
        put(s3, "mine.json", "{}");
        Path credentials = data.resolve("s3-credentials");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(credentials)))
                .isEqualTo("rw-------");
        LocalS3Server server = LocalS3Server.start(data.resolve("s3"));
        try (S3Client stranger = client(server.endpoint(), "guess");
                S3Client owner = client(server.endpoint(), server.secretKey())) {
            assertThat(Files.readString(credentials)).contains(server.secretKey());
            assertThat(owner.listBuckets().buckets()).extracting(b -> b.name()).containsExactly("rates");
            assertThatThrownBy(() -> stranger.listBuckets()).isInstanceOf(S3Exception.class);
        }
    }

    @Test
    void camelFindsTheClientByItselfAndStartsNothingBeforeTheFirstRequest() throws Exception {
        Path directory = data.resolve("camel/s3");
        Main main = new Main();
        main.setPropertyPlaceholderLocations("false");
        main.addInitialProperty("bucket", "caravan");
        main.addInitialProperty(
                "camel.beans.s3", "#class:dev.caravan.local.LocalS3#client('" + directory + "', '{{bucket}}')");
        main.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:put")
                        .setHeader("CamelAwsS3Key", constant("rates/1.json"))
                        .to("aws2-s3:{{bucket}}?conditionalWritesEnabled=true");
                from("direct:list").to("aws2-s3:{{bucket}}?operation=listObjects&prefix=rates/");
                from("direct:get")
                        .setHeader("CamelAwsS3Key", constant("rates/1.json"))
                        .to("aws2-s3:{{bucket}}?operation=getObject");
            }
        });
        main.start();
        try {
            assertThat(directory).doesNotExist();
            var camel = main.getCamelTemplate();
            Path file = Files.writeString(data.resolve("upload.json"), "{\"x\":1}");

            camel.requestBody("direct:put", file.toFile());

            assertThat(directory.resolve("caravan/rates/1.json")).hasContent("{\"x\":1}");
            assertThat(camel.requestBody("direct:get", null, String.class)).isEqualTo("{\"x\":1}");
            List<?> objects = camel.requestBody("direct:list", null, List.class);
            assertThat(objects).extracting(object -> ((S3Object) object).key()).containsExactly("rates/1.json");
            assertThatThrownBy(() -> camel.requestBody("direct:put", file.toFile()))
                    .rootCause()
                    .isInstanceOfSatisfying(
                            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
        } finally {
            main.stop();
        }
    }

    private static int create(S3Client client, String key) {
        try {
            client.putObject(
                    r -> r.bucket("rates").key(key).ifNoneMatch("*"), RequestBody.fromString("{\"by\":\"me\"}"));
            return 200;
        } catch (S3Exception e) {
            return e.statusCode();
        }
    }

    private static void put(S3Client client, String key, String text) {
        client.putObject(r -> r.bucket("rates").key(key).contentType("application/json"), RequestBody.fromString(text));
    }

    private static List<String> keys(S3Client client, String prefix) {
        return client
                .listObjectsV2Paginator(r -> r.bucket("rates").prefix(prefix).maxKeys(1))
                .contents()
                .stream()
                .map(S3Object::key)
                .toList();
    }

    private static S3Client client(URI endpoint, String secretKey) {
        return S3Client.builder()
                .endpointOverride(endpoint)
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(LocalS3Server.ACCESS_KEY, secretKey)))
                .build();
    }
}
