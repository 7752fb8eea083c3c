package dev.caravan.warehouse.snowflake;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Base64;
import net.snowflake.client.jdbc.internal.org.bouncycastle.asn1.ASN1BitString;
import net.snowflake.client.jdbc.internal.org.bouncycastle.asn1.ASN1Integer;
import net.snowflake.client.jdbc.internal.org.bouncycastle.asn1.ASN1Sequence;
import net.snowflake.client.jdbc.internal.org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import net.snowflake.client.jdbc.internal.org.bouncycastle.jce.provider.BouncyCastleProvider;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.PEMEncryptedKeyPair;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.PEMKeyPair;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.PEMParser;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import net.snowflake.client.jdbc.internal.org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import net.snowflake.client.jdbc.internal.org.bouncycastle.operator.OperatorCreationException;
import net.snowflake.client.jdbc.internal.org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import net.snowflake.client.jdbc.internal.org.bouncycastle.pkcs.PKCSException;

/**
 * Reads private keys: PEM, or base64 of PEM or of DER, PKCS#8 or PKCS#1, encrypted or not. Uses the driver's Bouncy Castle: Java
 * alone supports neither PKCS#1 nor Triple DES, with which Snowflake's guide encrypts. No message contains parts of the key.
 */
final class PrivateKeys {

    private static final String BEGIN = "-----BEGIN ";
    private static final int MIN_BITS = 2048;

    private PrivateKeys() {}

    /**
     * Reads a key.
     *
     * @param text the key
     * @param passphrase the passphrase, or null
     * @throws UsageException if it is not a private key, or the passphrase is wrong
     */
    static RSAPrivateCrtKey read(String text, String passphrase) {
        PrivateKey key;
        try (PEMParser parser = new PEMParser(new StringReader(pem(text)))) {
            key = new JcaPEMKeyConverter().getPrivateKey(info(parser.readObject(), passphrase));
        } catch (IOException | PKCSException | OperatorCreationException | RuntimeException e) {
            // its message, and those of its causes, can quote the key
            throw e instanceof UsageException known
                    ? known
                    : new UsageException("snowflake.private-key is damaged"
                            + (passphrase == null ? "" : ", or snowflake.private-key-passphrase is not its passphrase")
                            + ": it begins as a private key, but cannot be read");
        }
        if (key instanceof RSAPrivateCrtKey rsa && rsa.getModulus().bitLength() >= MIN_BITS) {
            return rsa;
        }
        throw new UsageException("snowflake.private-key is a key that Snowflake does not accept; create an RSA key of "
                + MIN_BITS + " bits or more: openssl genrsa 2048");
    }

    private static PrivateKeyInfo info(Object found, String passphrase)
            throws IOException, PKCSException, OperatorCreationException {
        if (found instanceof PrivateKeyInfo plain) {
            return plain;
        } else if (found instanceof PEMKeyPair pair) {
            return pair.getPrivateKeyInfo();
        } else if (!(found instanceof PKCS8EncryptedPrivateKeyInfo) && !(found instanceof PEMEncryptedKeyPair)) {
            throw new UsageException("snowflake.private-key is PEM, but not a private key");
        } else if (passphrase == null) {
            throw new UsageException("snowflake.private-key is encrypted; set snowflake.private-key-passphrase");
        } else if (found instanceof PEMEncryptedKeyPair pair) {
            return pair.decryptKeyPair(new JcePEMDecryptorProviderBuilder()
                            .setProvider(new BouncyCastleProvider())
                            .build(passphrase.toCharArray()))
                    .getPrivateKeyInfo();
        }
        return ((PKCS8EncryptedPrivateKeyInfo) found)
                .decryptPrivateKeyInfo(new JceOpenSSLPKCS8DecryptorProviderBuilder()
                        .setProvider(new BouncyCastleProvider())
                        .build(passphrase.toCharArray()));
    }

    /** The PEM text, with real line ends where a JSON document or a shell has left the two characters {@code \n}. */
    private static String pem(String text) {
        String pem = text.strip().replace("\\r", "").replace("\\n", "\n");
        if (!pem.contains(BEGIN)) {
            byte[] decoded = decode(pem);
            pem = new String(decoded, StandardCharsets.ISO_8859_1);
            if (!pem.contains(BEGIN)) {
                return ofDer(decoded);
            }
        }
        // a value of one line, as some environments make of it
        return pem.contains("\n")
                ? pem
                : pem.replaceAll("(-----BEGIN [A-Z0-9 ]+-----)\\s*", "$1\n").replaceAll("\\s*(-----END)", "\n$1");
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw noKey();
        }
    }

    /** Wraps DER in the PEM lines of its kind of private key, which its first elements show. */
    private static String ofDer(byte[] der) {
        String kind;
        try {
            ASN1Sequence parts = ASN1Sequence.getInstance(der);
            if (parts.getObjectAt(1) instanceof ASN1BitString) {
                kind = "PUBLIC KEY";
            } else if (parts.getObjectAt(0) instanceof ASN1Sequence) {
                kind = "ENCRYPTED PRIVATE KEY";
            } else {
                kind = parts.getObjectAt(1) instanceof ASN1Integer ? "RSA PRIVATE KEY" : "PRIVATE KEY";
            }
        } catch (RuntimeException e) { // its message can quote the key
            throw noKey();
        }
        return BEGIN + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind
                + "-----\n";
    }

    private static UsageException noKey() {
        return new UsageException(
                "snowflake.private-key is not a private key: set it to the text of the .p8 file, from -----BEGIN"
                        + " to the end of the last line, or base64 of that text or of the key in DER");
    }
}
