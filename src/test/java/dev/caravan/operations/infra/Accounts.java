package dev.caravan.operations.infra;

import dev.caravan.operations.Settings;
import dev.caravan.secrets.SecretsManagerServer;
import dev.caravan.snowflake.fake.FakeAccount;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * An account of Snowflake and one of AWS, both empty, with an administrator's credentials in the properties. The clients are
 * the real ones.
 */
public final class Accounts implements AutoCloseable {

    /** The administrator's access token. */
    public static final String TOKEN = "canary-of-the-access-token";

    /** The key of the service user. */
    public static final KeyPair SERVICE = keyPair();

    public final FakeAccount snowflake = new FakeAccount();
    public final BucketServer s3 = BucketServer.start();
    public final SecretsManagerServer secrets = SecretsManagerServer.start();
    public final IamServer iam = new IamServer();
    public final Map<String, String> properties = new HashMap<>();
    private DefaultCamelContext camel;

    public Accounts() {
        System.setProperty("aws.accessKeyId", SecretsManagerServer.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", SecretsManagerServer.SECRET_KEY);
        secrets.forms(iam);
        snowflake.user("ANNA", TOKEN, "ACCOUNTADMIN", "SYSADMIN");
        properties.putAll(Map.of(
                "snowflake.host",
                snowflake.url(),
                "snowflake.username",
                "ANNA",
                "snowflake.role",
                "ACCOUNTADMIN",
                "snowflake.authenticator",
                "access-token",
                "snowflake.token",
                TOKEN,
                "aws.region",
                SecretsManagerServer.REGION,
                "aws.endpoint",
                secrets.url(),
                "s3.endpoint",
                s3.url(),
                "s3.path-style",
                "true",
                "s3.bucket",
                "acme-rates"));
        properties.put("infra.storage-role", "arn:aws:iam::123456789012:role/caravan-snowpipe");
        properties.put("infra.public-key", pem("PUBLIC", SERVICE.getPublic().getEncoded()));
    }

    /** A new key. */
    public static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A key in PEM. */
    public static String pem(String kind, byte[] key) {
        return "-----BEGIN " + kind + " KEY-----\n" + Base64.getMimeEncoder().encodeToString(key) + "\n-----END " + kind
                + " KEY-----";
    }

    /** The service user's private key in PEM, encrypted. */
    public static String encrypted(String passphrase) {
        try {
            Cipher cipher = Cipher.getInstance("PBEWithSHA1AndDESede");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    SecretKeyFactory.getInstance("PBEWithSHA1AndDESede")
                            .generateSecret(new PBEKeySpec(passphrase.toCharArray())));
            byte[] key = cipher.doFinal(SERVICE.getPrivate().getEncoded());
            return pem("ENCRYPTED PRIVATE", new EncryptedPrivateKeyInfo(cipher.getParameters(), key).getEncoded());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The settings as they are now. */
    public Settings settings() {
        stop();
        camel = new DefaultCamelContext();
        properties.forEach(camel.getPropertiesComponent()::addInitialProperty);
        camel.start();
        return new Settings(camel);
    }

    /** Applies the plan. */
    public List<ResourceStatus> apply() {
        try (Infrastructure infrastructure = Infrastructure.open(settings())) {
            return infrastructure.apply(change -> {});
        }
    }

    private void stop() {
        if (camel != null) {
            camel.stop();
        }
    }

    @Override
    public void close() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
        stop();
        snowflake.close();
        s3.close();
        secrets.close();
    }
}
