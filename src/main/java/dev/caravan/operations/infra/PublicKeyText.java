package dev.caravan.operations.infra;

import dev.caravan.operations.Settings;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/**
 * An RSA public key in Snowflake's format: the base64 of its DER form, without header and footer.
 *
 * @param base64 on one line
 */
public record PublicKeyText(String base64) {

    /**
     * Returns the service user's public key: the configured one, or that of its private key if it is readable.
     *
     * @return the key, or null
     * @throws UsageException if a key is invalid, or encrypted with another passphrase
     */
    static PublicKeyText configured(Settings settings) {
        String publicKey = settings.get("infra.public-key");
        if (publicKey != null) {
            return parse(publicKey);
        }
        String privateKey = settings.readable("infra.private-key");
        if (privateKey == null) {
            return null;
        }
        Snowflake service = new Snowflake();
        service.setPrivateKey(privateKey);
        service.setPrivateKeyPassphrase(settings.readable("infra.private-key-passphrase"));
        try {
            return of(service.key());
        } catch (UsageException e) {
            throw new UsageException(e.getMessage().replace("snowflake.private-key", "infra.private-key"), e);
        }
    }

    /**
     * Parses PEM, or only the base64 in it.
     *
     * @throws UsageException if it is not an RSA public key
     */
    static PublicKeyText parse(String text) {
        String base64 =
                text.replace("\\n", "\n").replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        try {
            return of(KeyFactory.getInstance("RSA")
                    .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new UsageException(
                    "infra.public-key is not an RSA public key in PEM; create it from the private key with"
                            + " openssl rsa -in key.p8 -pubout",
                    e);
        }
    }

    /** Returns the public key of a private key. */
    public static PublicKeyText of(RSAPrivateCrtKey key) {
        try {
            return of(KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static PublicKeyText of(PublicKey key) {
        return new PublicKeyText(Base64.getEncoder().encodeToString(key.getEncoded()));
    }

    /** Returns the fingerprint as in DESC USER: {@code SHA256:...}. */
    public String fingerprint() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(Base64.getDecoder().decode(base64));
            return "SHA256:" + Base64.getEncoder().encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
