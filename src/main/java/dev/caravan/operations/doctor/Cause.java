package dev.caravan.operations.doctor;

import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Aws;
import dev.caravan.run.PermanentException;

/**
 * The causes that have a name, in the order in which they are looked for. Programs may rely on the names; docs/doctor.md
 * describes each.
 */
enum Cause {
    SETTING_WRONG,
    SECRET_UNREADABLE,
    IAM_ACTION_MISSING,
    AWS_CREDENTIALS,
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
    EXCHANGE_RATES_KEY,
    EXCHANGE_RATES_QUOTA,
    EXCHANGE_RATES_UNREACHABLE,
    RUN_STUCK,
    PIPELINE_PAUSED,
    RUN_CRASHED,
    RUN_FAILED;

    /** The finding that this is it. */
    Finding found(String found, String mend) {
        return new Finding(toString(), Finding.Result.FAIL, found, mend);
    }

    /** The finding that AWS has refused something. */
    static Finding aws(PermanentException failure) {
        return (Aws.isDenied(failure) ? IAM_ACTION_MISSING : AWS_CREDENTIALS).found(failure.getMessage(), null);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
