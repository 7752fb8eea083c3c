package dev.caravan.operations.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.PermanentException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The bucket's notifications, with the real client. */
class NotificationTest {

    private static final String QUEUE = "arn:aws:sqs:eu-central-1:210987654321:sf-snowpipe-abc";
    private static final String OTHER = "arn:aws:sqs:eu-central-1:123456789012:other";

    private final BucketServer server = BucketServer.start();
    private final S3Client s3 = S3Client.builder()
            .endpointOverride(URI.create(server.url()))
            .region(Region.EU_CENTRAL_1)
            .forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .build();
    private final Notification notification =
            new Notification(() -> s3, "rates", "exchange-rates/", () -> Optional.of(QUEUE));

    @AfterEach
    void close() {
        s3.close();
        server.close();
    }

    private Diff apply() {
        Diff diff = notification.diff();
        diff.changes().forEach(Change::apply);
        return diff;
    }

    @Test
    void addsItsRuleOnceAndKeepsEverythingThatOthersHaveSet() {
        server.bucket(
                "rates",
                BucketServer.queue("theirs", OTHER, "invoices/")
                        + BucketServer.topic("news", "arn:aws:sns:eu-central-1:123456789012:t", "news/")
                        + BucketServer.function("fn", "arn:aws:lambda:eu-central-1:123456789012:function:f", "pics/")
                        + "<EventBridgeConfiguration></EventBridgeConfiguration>");

        assertThat(apply().state()).isEqualTo(ResourceState.MISSING);

        assertThat(notification.diff().state()).isEqualTo(ResourceState.OK);
        assertThat(server.notifications("rates"))
                .contains(QUEUE, "exchange-rates/")
                .contains("theirs", OTHER, "invoices/")
                .contains("news", ":t<", "news/")
                .contains("fn", "function:f", "pics/")
                .contains("EventBridgeConfiguration");
        assertThat(apply().changes()).isEmpty();
        assertThat(server.changes()).containsExactly("PUT /rates?notification");
    }

    @Test
    void aRuleOfSomebodyElseForTheSameObjectsIsNamedAndNotTouched() {
        String theirs = BucketServer.queue("theirs", OTHER, "exchange-rates/2026/");
        server.bucket("rates", theirs);

        Diff diff = apply();

        assertThat(diff.state()).isEqualTo(ResourceState.DIFFERENT);
        assertThat(diff.remark())
                .contains("the rule theirs", "exchange-rates/2026/", OTHER, "EventBridge")
                .doesNotContain("SNS");
        assertThat(diff.changes()).isEmpty();
        assertThat(server.notifications("rates")).contains(theirs);
        assertThat(server.changes()).isEmpty();
    }

    @Test
    void aRuleForTheWholeBucketThatAlreadyTellsTheQueueIsEnough() {
        server.bucket("rates", BucketServer.queue("all", QUEUE, ""));

        assertThat(notification.diff().state()).isEqualTo(ResourceState.OK);
    }

    @Test
    void itsOwnRuleFollowsANewQueue() {
        server.bucket("rates", BucketServer.queue("caravan-snowpipe", OTHER, "exchange-rates/"));

        apply();

        assertThat(server.notifications("rates")).contains(QUEUE).doesNotContain(OTHER);
        assertThat(notification.diff().state()).isEqualTo(ResourceState.OK);
    }

    @Test
    void waitsForBucketAndPipe() {
        assertThat(notification.diff().remark()).isEqualTo("waits for the bucket");

        server.bucket("rates", "");
        Notification early = new Notification(() -> s3, "rates", "exchange-rates/", Optional::empty);

        assertThat(early.diff().remark()).startsWith("waits for the pipe");
    }

    @Test
    void aDeniedActionIsNamed() {
        server.bucket("rates", "");
        server.deny("notification");

        assertThatThrownBy(notification::diff)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("bucket rates")
                .hasMessageContaining("IAM action s3:GetBucketNotification");
    }
}
