package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP operation failed invoking https://openexchangerates.org/api/latest.json?app_id=CANARY with statusCode: 401",
                "GET https://x/y?a=1&api_key=CANARY&b=2",
                "https://x/y?access_token=CANARY#z",
                "https://b.s3.amazonaws.com/k?X-Amz-Credential=CANARY&X-Amz-Signature=CANARY&X-Amz-Date=1",
                "jdbc:postgresql://host/shop?user=u&password=CANARY",
                "jdbc:snowflake://x.y/?user=u&privateKey=CANARY&private_key_pwd=CANARY",
                "java.net.UnknownHostException: user:CANARY@host: Name or service not known",
                "jdbc:postgresql://user:CANARY@host:5432/shop",
                "ledger.password = CANARY",
                "{\"user\": \"u\", \"private_key\": \"CANARY\\n\\\"CANARY\"}",
                "Authorization: Token CANARY",
                "headers={authorization=Basic CANARY}",
                "sent Bearer CANARY.CANARY",
                "client_secret='CANARY'",
                "-----BEGIN PRIVATE KEY-----\nCANARY\nCANARY\n-----END PRIVATE KEY-----",
            })
    void masksWhatLooksLikeASecret(String text) {
        assertThat(Secrets.mask(text)).doesNotContain("CANARY").contains("xxxxxx");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exchange-rates.api-key has to be set: look at https://openexchangerates.org/account",
                "routes/a.yaml, line 3: Unsupported field: stepz",
                "FATAL: password authentication failed for user \"caravan_reader\"",
                "Unexpected token 'x' at 1:3",
                "infra.snowflake-secret = dlt/snowflake-credentials",
                "arn:aws:iam::123456789012:role/caravan",
                "22:10:01.123 INFO  x - Put exchange-rates/2026-09-06.json, 2883 bytes",
                "https://host:8443/api?date=2026-01-01&mail=a@b.c",
                "snowflake.token = ",
                "jdbc:postgresql://127.0.0.1:5432/shop?sslmode=require",
            })
    void leavesOtherTextAsItIs(String text) {
        assertThat(Secrets.mask(text)).isEqualTo(text);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"x", "a:,", "x%", "password", "//", "-----BEGIN PRIVATE KEY-----", "\"password\": \"\\n"})
    @Timeout(10)
    void takesNoTimeForLongTexts(String part) {
        String text = part.repeat(1_000_000 / part.length());
        assertThat(Secrets.mask(text)).isNotEmpty();
        assertThat(Secrets.mask(text + " password=CANARY")).doesNotContain("CANARY");
    }

    @Test
    void knowsSettingsThatHoldSecretsByTheirNames() {
        assertThat(new String[] {
                    "postgres.password",
                    "exchange-rates.api-key",
                    "snowflake.private-key",
                    "snowflake.token",
                    "snowflake.private-key-passphrase",
                    "camel.beans.x.accessKey",
                    "POSTGRES_PASSWORD"
                })
                .allMatch(Secrets::isSecretName);
        assertThat(new String[] {"postgres.url", "infra.postgres-secret", "cost.currency", "s3.kms-key"})
                .noneMatch(Secrets::isSecretName);
    }
}
