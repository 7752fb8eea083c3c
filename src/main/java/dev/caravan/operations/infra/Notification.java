package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.FilterRule;
import software.amazon.awssdk.services.s3.model.FilterRuleName;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationResponse;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfigurationFilter;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.s3.model.S3KeyFilter;

/**
 * That the bucket tells the pipe's queue of each new object. S3 keeps all notifications of a bucket in one document, so
 * that it is read, added to and written as a whole; S3 rejects overlapping rules for the same event.
 *
 * @param queue the ARN of the pipe's queue, once there is a pipe
 */
public record Notification(Supplier<S3Client> s3, String bucket, String prefix, Supplier<Optional<String>> queue)
        implements Resource {

    private static final String ID = "caravan-snowpipe";
    private static final String CREATED = "s3:ObjectCreated:";

    /** A rule of the document, for any kind of target. */
    private record Rule(String id, String target, List<String> events, NotificationConfigurationFilter filter) {

        private String part(FilterRuleName name) {
            return filter == null || filter.key() == null
                    ? ""
                    : filter.key().filterRules().stream()
                            // S3 returns Prefix for prefix
                            .filter(rule -> rule.nameAsString().equalsIgnoreCase(name.toString()))
                            .map(rule -> rule.value() == null ? "" : rule.value())
                            .findFirst()
                            .orElse("");
        }

        String prefix() {
            return part(FilterRuleName.PREFIX);
        }

        String suffix() {
            return part(FilterRuleName.SUFFIX);
        }

        boolean onCreation() {
            return events.stream().anyMatch(event -> event.startsWith(CREATED));
        }

        /** Returns whether it covers every object under a prefix. */
        boolean covers(String expected) {
            return events.contains(CREATED + "*") && expected.startsWith(prefix()) && suffix().isEmpty();
        }

        boolean overlaps(String expected) {
            return onCreation() && (expected.startsWith(prefix()) || prefix().startsWith(expected));
        }

        @Override
        public String toString() {
            return "the rule " + id + " for "
                    + (prefix().isEmpty() ? "all objects" : prefix()) + (suffix().isEmpty() ? "" : "*" + suffix())
                    + " (" + target + ")";
        }
    }

    @Override
    public String name() {
        return "notification of s3://" + bucket + "/" + prefix;
    }

    @Override
    public Place place() {
        return Place.AWS;
    }

    @Override
    public Diff diff() {
        Optional<String> target = queue.get();
        GetBucketNotificationConfigurationResponse found;
        try {
            found = read();
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return waiting("the bucket");
            }
            throw e;
        }
        if (target.isEmpty()) {
            return waiting("the pipe's queue");
        }
        List<Rule> rules = rules(found);
        if (rules.stream().anyMatch(rule -> rule.target().equals(target.get()) && rule.covers(prefix))) {
            return Diff.ok();
        }
        List<Rule> conflicts = rules.stream()
                .filter(rule -> rule.overlaps(prefix) && !ID.equals(rule.id()))
                .toList();
        if (!conflicts.isEmpty()) {
            return Diff.byHand("S3 rejects a second rule that overlaps "
                    + String.join(", ", conflicts.stream().map(Rule::toString).toList())
                    + ": remove or narrow that rule (EventBridge can notify its target instead, regardless of rules), or"
                    + " choose another bucket, then apply again");
        }
        long kept = rules.stream().filter(rule -> !ID.equals(rule.id())).count();
        String others = kept == 0 ? "" : ", and keep the rules of others (" + kept + ")";
        return Diff.missing(Aws.change(
                "let " + bucket + " notify " + target.get() + " of new objects under " + prefix + others,
                "Cannot change the notifications of bucket " + bucket,
                "s3:PutBucketNotification",
                () -> add(target.get())));
    }

    private static Diff waiting(String what) {
        return new Diff(ResourceState.MISSING, "waits for " + what, List.of());
    }

    /** Returns the prefixes for which the queue is notified. */
    public List<String> prefixes() {
        return queue.get()
                .map(arn -> rules(read()).stream()
                        .filter(rule -> rule.target().equals(arn) && rule.onCreation())
                        .map(Rule::prefix)
                        .toList())
                .orElse(List.of());
    }

    private GetBucketNotificationConfigurationResponse read() {
        return Aws.call("Cannot read the notifications of bucket " + bucket, "s3:GetBucketNotification", () -> s3.get()
                .getBucketNotificationConfiguration(request -> request.bucket(bucket)));
    }

    private static List<Rule> rules(GetBucketNotificationConfigurationResponse found) {
        return Stream.of(
                        found.queueConfigurations().stream()
                                .map(rule ->
                                        new Rule(rule.id(), rule.queueArn(), rule.eventsAsStrings(), rule.filter())),
                        found.topicConfigurations().stream()
                                .map(rule ->
                                        new Rule(rule.id(), rule.topicArn(), rule.eventsAsStrings(), rule.filter())),
                        found.lambdaFunctionConfigurations().stream()
                                .map(rule -> new Rule(
                                        rule.id(), rule.lambdaFunctionArn(), rule.eventsAsStrings(), rule.filter())))
                .flatMap(rule -> rule)
                .toList();
    }

    private static FilterRule beginsWith(String prefix) {
        return FilterRule.builder().name(FilterRuleName.PREFIX).value(prefix).build();
    }

    /** Adds the rule; reads again right before, in case a rule was added since. */
    private Object add(String target) {
        GetBucketNotificationConfigurationResponse found = read();
        List<QueueConfiguration> queues = new ArrayList<>(found.queueConfigurations());
        // Caravan's own rule, for an earlier queue or prefix
        queues.removeIf(rule -> ID.equals(rule.id()));
        queues.add(QueueConfiguration.builder()
                .id(ID)
                .queueArn(target)
                .events(Event.S3_OBJECT_CREATED)
                .filter(filter -> filter.key(
                        S3KeyFilter.builder().filterRules(beginsWith(prefix)).build()))
                .build());
        NotificationConfiguration all = NotificationConfiguration.builder()
                .queueConfigurations(queues)
                .topicConfigurations(found.topicConfigurations())
                .lambdaFunctionConfigurations(found.lambdaFunctionConfigurations())
                .eventBridgeConfiguration(found.eventBridgeConfiguration())
                .build();
        return s3.get().putBucketNotificationConfiguration(request -> request.bucket(bucket)
                .notificationConfiguration(all));
    }
}
