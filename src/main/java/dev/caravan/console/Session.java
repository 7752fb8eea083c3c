package dev.caravan.console;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The cookie of a visitor: role, end and a random part, signed. Nothing is kept in memory, so that a log-in holds across
 * restarts and on all machines with the same token, and ends when the token is changed.
 */
final class Session {

    static final Duration LIFE = Duration.ofHours(12);

    private static final String ALGORITHM = "HmacSHA256";
    private static final int RANDOM_BYTES = 18;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key;

    /**
     * @param secret signs; null for a secret of this process alone
     */
    Session(String secret) {
        if (secret == null) {
            key = new byte[32];
            RANDOM.nextBytes(key);
        } else {
            key = mac(secret.getBytes(StandardCharsets.UTF_8), "caravan console");
        }
    }

    /** Creates a cookie. */
    String create(Role role, Instant now) {
        byte[] random = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(random);
        String content = role + "." + now.plus(LIFE).getEpochSecond() + "." + encode(random);
        return content + "." + sign(content);
    }

    /** Returns the role of a cookie; empty if it is forged or has expired. */
    Optional<Role> verify(String cookie, Instant now) {
        int end = cookie == null ? -1 : cookie.lastIndexOf('.');
        if (end < 0 || !same(sign(cookie.substring(0, end)), cookie.substring(end + 1))) {
            return Optional.empty();
        }
        String[] parts = cookie.split("\\.", 4);
        return Long.parseLong(parts[1]) < now.getEpochSecond() ? Optional.empty() : Optional.of(Role.valueOf(parts[0]));
    }

    /** Returns the token that forms of this session carry, so that no other site can send them. */
    String formToken(String cookie) {
        return sign("form " + cookie);
    }

    /** Compares in constant time. */
    static boolean same(String one, String other) {
        return one != null
                && other != null
                && MessageDigest.isEqual(
                        mac(COMPARISON, one), mac(COMPARISON, other)); // of the same length, whatever they compare
    }

    private static final byte[] COMPARISON = new byte[] {1};

    private String sign(String text) {
        return encode(mac(key, text));
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] mac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
