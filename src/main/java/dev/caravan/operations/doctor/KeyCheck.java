package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.PublicKeyText;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.Map;

/** Checks that the configured key is one of the user's keys, even if another login method is used. */
record KeyCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "key of the user";
    }

    @Override
    public Finding run() {
        String text = context.settings().readable("snowflake.private-key");
        if (text == null) {
            return notApplicable("no private key is set");
        }
        Snowflake snowflake = new Snowflake();
        snowflake.setPrivateKey(text);
        snowflake.setPrivateKeyPassphrase(context.settings().readable("snowflake.private-key-passphrase"));
        String own = PublicKeyText.of(snowflake.key()).fingerprint();
        String user =
                context.snowflake().rows("SELECT CURRENT_USER() AS NAME").get(0).get("name");
        Map<String, String> properties = context.snowflake().properties("DESC USER " + SnowflakeNames.sql(user));
        String first = properties.getOrDefault("RSA_PUBLIC_KEY_FP", "");
        String second = properties.getOrDefault("RSA_PUBLIC_KEY_2_FP", "");
        if (properties.isEmpty() || own.equals(first) || own.equals(second)) {
            return pass(own);
        }
        return Cause.KEY_WRONG.found(
                "the configured private key has the fingerprint " + own + ", the user " + user + " has "
                        + (first.isEmpty() ? "no key" : first) + (second.isEmpty() ? "" : " and " + second),
                "set snowflake.private-key to the right key, or register this one: caravan infra apply");
    }
}
