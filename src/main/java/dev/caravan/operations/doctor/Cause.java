package dev.caravan.operations.doctor;

import dev.caravan.aws.AwsFailure;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * The causes that doctor reports, in the order of its checks. Their names are stable; docs/doctor.md describes each.
 */
enum Cause {
    SETTING_WRONG,
    SECRET_UNREADABLE,
    IAM_ACTION_MISSING,
    AWS_CREDENTIALS,
    AWS_FAILED,
    HOST_WRONG,
    SNOWFLAKE_UNREACHABLE,
    CLOCK_SKEW,
    KEY_WRONG,
    CREDENTIALS_WRONG,
    USER_DISABLED,
    USER_LOCKED,
    ROLE_NOT_GRANTED,
    NETWORK_POLICY,
    LOGIN_REFUSED,
    SNOWFLAKE_FAILED,
    WAREHOUSE_MISSING,
    BUCKET_MISSING,
    TABLE_MISSING,
    PIPE_MISSING,
    PIPE_PAUSED,
    PIPE_STALE,
    PIPE_STOPPED,
    NOTIFICATION_MISSING,
    NOTIFICATION_PREFIX,
    FILES_REFUSED,
    POSTGRES_UNREACHABLE,
    POSTGRES_DATABASE,
    POSTGRES_CONNECTIONS,
    POSTGRES_LOGIN,
    POSTGRES_FAILED,
    SOURCE_FAILED,
    API_UNREACHABLE,
    API_REJECTED,
    EXCHANGE_RATES_KEY,
    EXCHANGE_RATES_QUOTA,
    EXCHANGE_RATES_UNREACHABLE,
    HUBSPOT_TOKEN,
    HUBSPOT_SCOPE,
    HUBSPOT_LIMIT,
    HUBSPOT_FAILED,
    LEDGER_UNREACHABLE,
    RUN_STUCK,
    PIPELINE_PAUSED,
    RUN_CRASHED,
    RUN_FAILED;

    /** Returns a finding of this cause. */
    Finding found(String found, String fix) {
        return new Finding(toString(), Finding.Result.FAIL, found, fix);
    }

    /** Returns the finding for a check that could not be carried out; the exception's message says what to do. */
    static Finding of(RuntimeException failure) {
        return behind(failure).found(Check.sentence(failure), null);
    }

    /**
     * Returns the finding for an API that could not be used.
     *
     * @param fix null if the exception's message says what to do
     */
    static Finding ofApi(RuntimeException failure, Cause unreachable, Cause rejected, String fix) {
        if (failure instanceof UsageException) {
            return of(failure);
        }
        return (failure instanceof TransientException ? unreachable : rejected).found(Check.sentence(failure), fix);
    }

    private static Cause behind(RuntimeException failure) {
        if (failure.getCause() instanceof SdkException aws) {
            return ofAws(aws).orElse(failure instanceof UsageException ? SETTING_WRONG : AWS_FAILED);
        }
        return failure instanceof UsageException ? SETTING_WRONG : SNOWFLAKE_FAILED;
    }

    /** Returns the cause if AWS rejected the credentials or lacks a permission. */
    static Optional<Cause> ofAws(SdkException failure) {
        if (AwsFailure.isAboutCredentials(failure)) {
            return Optional.of(AWS_CREDENTIALS);
        }
        return AwsFailure.isDenied(failure) ? Optional.of(IAM_ACTION_MISSING) : Optional.empty();
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
