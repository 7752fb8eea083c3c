package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
import dev.caravan.run.SqlState;
import dev.caravan.run.TransientException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Explains Snowflake's errors: whether a retry can help, and how to fix them. */
final class SnowflakeErrors {

    private static final Set<Integer> MISSING = Set.of(2003, 2043);

    /** An object or a column exists. */
    private static final Set<Integer> DUPLICATE = Set.of(2002, 1430);

    /** The kind of an error. All but the transient ones are permanent. */
    enum Kind {
        TRANSIENT,
        CREDENTIALS,
        PRIVILEGES,
        /** The statement, or the data. */
        PERMANENT
    }

    /**
     * The meaning of a code.
     *
     * @param fix how to fix it, with the user as %s and the setting of the credential as %2$s; null if unknown, or a retry
     */
    private record Meaning(Kind kind, String fix) {}

    private static final String KEY =
            "Snowflake does not accept the private key for %s; the user's RSA_PUBLIC_KEY must be its public half, and this"
                    + " machine's clock correct to the minute: caravan doctor shows which it is";
    private static final String OAUTH = "the OAuth token of %s is invalid or expired; set a new one in snowflake.token";
    private static final String POLICY =
            "a network or authentication policy of the account forbids the login of %s from here; have this machine's"
                    + " address, or the way of logging in, added to the policy";
    private static final String SETTING =
            "the settings of the login are incomplete; compare snowflake.* with docs/snowflake.md";

    private static final String REFUSED =
            "Snowflake rejects the login of %s; look up the number in Snowflake's documentation";

    private static final Map<Integer, Meaning> MEANINGS = new LinkedHashMap<>();

    static {
        // credentials
        put(
                Kind.CREDENTIALS,
                "Snowflake does not accept the user name %1$s, or what came with it; correct snowflake.username and %2$s",
                390100);
        put(Kind.CREDENTIALS, "the user %s is disabled; ALTER USER ... SET DISABLED = FALSE", 390101);
        put(
                Kind.CREDENTIALS,
                "the user %s is locked after too many wrong logins; wait a quarter of an hour, or ALTER USER ... SET"
                        + " MINS_TO_UNLOCK = 0, and find out who logs in with wrong credentials",
                390102);
        put(Kind.CREDENTIALS, KEY, 390144, 394300, 394301, 394302, 394303, 394304, 394305, 394306, 394307);
        put(Kind.CREDENTIALS, OAUTH, 390303, 390318, 390195);
        put(Kind.CREDENTIALS, "the access token of %s is invalid or expired; set a new one in snowflake.token", 394400);
        put(
                Kind.CREDENTIALS,
                "workload identity is available on AWS only, for a user made with WORKLOAD_IDENTITY = (TYPE = AWS ARN ="
                        + " '...'), on an account's own host; check those, or set snowflake.authenticator=key-pair",
                200071);
        put(
                Kind.CREDENTIALS,
                "the private key cannot be used; set snowflake.private-key to an RSA key",
                200045,
                200046);
        put(Kind.CREDENTIALS, SETTING, 200011, 200012, 200026, 200028, 200029, 200059);
        put(Kind.CREDENTIALS, POLICY, 390420, 390422, 390432, 390202);
        // privileges
        put(
                Kind.PRIVILEGES,
                "the role does not exist, or is not granted to %s; grant it, or correct snowflake.role",
                390189,
                390186);
        put(
                Kind.PRIVILEGES,
                "the database or warehouse of the login does not exist, or not for the role; correct snowflake.*",
                390201);
        put(
                Kind.PRIVILEGES,
                "the role of %s lacks a privilege; caravan infra plan shows which grants are missing",
                3001);
        put(
                Kind.PRIVILEGES,
                "something it names does not exist, or not for the role of %s; caravan infra plan shows what is missing",
                2003,
                2043);
        put(
                Kind.PRIVILEGES,
                "no virtual warehouse is set; set snowflake.warehouse to one on which the role of %s has USAGE",
                606);
        put(Kind.PRIVILEGES, "no database or schema is set; name tables as DATABASE.SCHEMA.TABLE", 90105, 90106);
        // a retry can succeed
        put(
                Kind.TRANSIENT,
                null,
                // the network, and the cloud's storage
                200002,
                200015,
                200016,
                200013,
                200020,
                200066,
                200067,
                253000,
                253002,
                253003,
                254000,
                290000,
                // the session is gone
                390104,
                390110,
                390111,
                390112,
                390113,
                390114,
                390115,
                200052,
                // cancelled, timed out, waited too long for a lock, aborted by Snowflake
                604,
                625,
                630,
                200003,
                200005,
                // internal errors of Snowflake
                300002,
                300005,
                370001);
    }

    private SnowflakeErrors() {}

    private static void put(Kind kind, String fix, int... codes) {
        for (int code : codes) {
            MEANINGS.put(code, new Meaning(kind, fix));
        }
    }

    /** Returns the known codes of a kind. */
    static Set<Integer> codes(Kind kind) {
        return MEANINGS.entrySet().stream()
                .filter(known -> known.getValue().kind() == kind)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static Meaning meaning(SQLException failure) {
        Meaning known = MEANINGS.get(failure.getErrorCode());
        if (known != null) {
            return known;
        } else if (failure.getErrorCode() / 10_000 == 39 && SqlState.of(failure).startsWith("08")) {
            // repeated logins would lock the user
            return new Meaning(Kind.CREDENTIALS, REFUSED);
        }
        return new Meaning(SqlState.isPermanent(failure) ? Kind.PERMANENT : Kind.TRANSIENT, null);
    }

    /** Returns whether something does not exist for the role: Snowflake does not distinguish missing from hidden. */
    static boolean isMissing(SQLException failure) {
        return MISSING.contains(failure.getErrorCode());
    }

    /** Returns whether the object to create exists. */
    static boolean isDuplicate(SQLException failure) {
        return DUPLICATE.contains(failure.getErrorCode());
    }

    /**
     * Returns the exception to throw.
     *
     * @param action what was attempted, as the subject of a sentence
     */
    static RuntimeException explain(String action, SQLException failure, Snowflake account) {
        int code = failure.getErrorCode();
        String reason = "Snowflake's error " + code + ": "
                + String.valueOf(failure.getMessage()).strip().replaceAll("\\s*\\n\\s*", " ");
        Meaning meaning = meaning(failure);
        if (meaning.kind() == Kind.TRANSIENT) {
            return new TransientException(action + " failed for now: " + reason, failure);
        }
        return new PermanentException(
                action + " failed: "
                        + (meaning.fix() == null
                                ? reason
                                : String.format(meaning.fix(), user(account), account.credential()) + " (" + reason
                                        + ")"),
                failure);
    }

    private static String user(Snowflake account) {
        return account.getUsername() == null ? "this workload" : account.getUsername();
    }
}
