package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.PublicKeyText;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the login to Snowflake. The error codes are Snowflake's, see docs/doctor.md. */
record LoginCheck(DoctorContext context) implements Check {

    private static final Pattern HTTP_STATUS = Pattern.compile("(?i)HTTP status\\W*(403|404)\\b");
    private static final Pattern LOCKED = Pattern.compile("(?i)\\blocked\\b");
    private static final Pattern DISABLED = Pattern.compile("(?i)\\bdisabled\\b");
    private static final Pattern ADDRESS = Pattern.compile("\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b");

    @Override
    public String name() {
        return "login to Snowflake";
    }

    @Override
    public Finding run() {
        try {
            context.logIn();
            return pass("logged in as "
                    + context.snowflake()
                            .rows("SELECT CURRENT_USER() AS NAME")
                            .get(0)
                            .get("name"));
        } catch (UsageException e) {
            return Cause.SETTING_WRONG.found(e.getMessage(), null);
        } catch (SQLException e) {
            return explain(e);
        }
    }

    private Finding explain(SQLException e) {
        String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
        String said = "Snowflake error " + e.getErrorCode() + ": " + message;
        Snowflake settings = context.settings().snowflake();
        if (LOCKED.matcher(message).find()) {
            return Cause.USER_LOCKED.found(
                    said,
                    "wait 15 minutes, or ALTER USER " + user() + " SET MINS_TO_UNLOCK = 0; then find out who"
                            + " logs in with wrong credentials");
        }
        if (DISABLED.matcher(message).find()) {
            return Cause.USER_DISABLED.found(said, "ALTER USER " + user() + " SET DISABLED = FALSE");
        }
        return switch (e.getErrorCode()) {
            case 390144, 394300, 394304, 394305, 394306, 394307 -> wrongKey(said);
            case 394301, 394302, 394303 ->
                Cause.CLOCK_SKEW.found(
                        said,
                        "synchronize this machine's clock, for example by NTP: login tokens are valid for one minute");
            case 390100, 390303, 390318, 390195, 394400 ->
                Cause.CREDENTIALS_WRONG.found(
                        said,
                        "check snowflake.username and " + settings.credential()
                                + (settings.credential().endsWith("token") ? ", which could have expired" : "")
                                + " (snowflake.authenticator = " + settings.getAuthenticator() + ")");
            case 390186, 390189 -> roleNotGranted(settings.getRole(), said);
            case 390201 ->
                Cause.WAREHOUSE_MISSING.found(
                        "snowflake.warehouse = " + settings.getWarehouse() + ", snowflake.database = "
                                + settings.getDatabase() + ". " + said,
                        "caravan infra plan shows which is missing");
            case 390420, 390422, 390432 -> networkPolicy(message, said);
            case 390202 ->
                Cause.LOGIN_REFUSED.found(
                        said,
                        "the authentication policy of the account or user does not allow snowflake.authenticator = "
                                + settings.getAuthenticator()
                                + ": choose another, or ask an administrator to allow it");
            case 200002, 200015, 200016 ->
                HTTP_STATUS.matcher(message).find()
                        ? Cause.HOST_WRONG.found(
                                settings.getHost() + " responds, but is not a Snowflake account. " + said,
                                "set snowflake.host to ORGANIZATION-ACCOUNT.snowflakecomputing.com")
                        : Cause.SNOWFLAKE_UNREACHABLE.found(said, "check the network, and status.snowflake.com");
            default -> Cause.LOGIN_REFUSED.found(said, "look up the error code in Snowflake's documentation");
        };
    }

    private Finding wrongKey(String said) {
        PublicKeyText key = PublicKeyText.of(context.settings().snowflake().key());
        return Cause.KEY_WRONG.found(
                "the configured private key has the fingerprint " + key.fingerprint() + ". " + said,
                "compare it, as an administrator, with RSA_PUBLIC_KEY_FP and RSA_PUBLIC_KEY_2_FP of DESC USER " + user()
                        + "; if neither matches: ALTER USER " + user() + " SET RSA_PUBLIC_KEY_2 = '" + key.base64()
                        + "'; if one does: snowflake.username is wrong");
    }

    private Finding roleNotGranted(String role, String said) {
        return role == null
                ? Cause.ROLE_NOT_GRANTED.found(
                        "snowflake.role is not set, and the default role of " + user() + " is not granted. " + said,
                        "set snowflake.role, or run caravan infra apply")
                : Cause.ROLE_NOT_GRANTED.found(
                        "snowflake.role = " + role + ". " + said,
                        "GRANT ROLE " + SnowflakeNames.sql(SnowflakeNames.fold(role)) + " TO USER " + user()
                                + ", or run caravan infra apply");
    }

    private static Finding networkPolicy(String message, String said) {
        Matcher address = ADDRESS.matcher(message);
        return Cause.NETWORK_POLICY.found(
                said,
                "ask an administrator to add " + (address.find() ? address.group() : "this machine's public address")
                        + " to the network policy of the account or of the user (SHOW PARAMETERS LIKE 'NETWORK_POLICY')");
    }

    private String user() {
        String user = context.settings().get("snowflake.username");
        return user == null ? "the service user" : SnowflakeNames.sql(SnowflakeNames.fold(user));
    }
}
