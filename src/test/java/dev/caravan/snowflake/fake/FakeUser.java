package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A user with its credentials and roles. */
public final class FakeUser {

    private static final Map<String, String> CAUSES = new ConcurrentHashMap<>();

    private final String name;
    private final List<PublicKey> keys = new CopyOnWriteArrayList<>();
    private final Set<String> programmaticTokens = ConcurrentHashMap.newKeySet();
    private final Set<String> oauthTokens = ConcurrentHashMap.newKeySet();
    private volatile String password;
    private volatile Set<String> roles;
    private volatile boolean disabled;
    private volatile boolean locked;

    FakeUser(String name) {
        this.name = name.toUpperCase(Locale.ROOT);
    }

    String name() {
        return name;
    }

    /** Adds a key, as RSA_PUBLIC_KEY and RSA_PUBLIC_KEY_2 do. */
    public FakeUser key(PublicKey key) {
        keys.add(key);
        return this;
    }

    /** Removes all keys. */
    public FakeUser noKeys() {
        keys.clear();
        return this;
    }

    /** Adds a programmatic access token. */
    public FakeUser programmaticToken(String token) {
        programmaticTokens.add(token);
        return this;
    }

    /** Adds an OAuth access token. */
    public FakeUser oauthToken(String token) {
        oauthTokens.add(token);
        return this;
    }

    public FakeUser password(String newPassword) {
        password = newPassword;
        return this;
    }

    /** Grants only these roles; by default a user has every role. */
    public FakeUser roles(String... names) {
        roles = Set.copyOf(Arrays.asList(names));
        return this;
    }

    public FakeUser disabled(boolean value) {
        disabled = value;
        return this;
    }

    public FakeUser locked(boolean value) {
        locked = value;
        return this;
    }

    boolean hasRole(String role) {
        return roles == null || role.equals("PUBLIC") || roles.contains(role);
    }

    /** Returns a key's fingerprint as DESC USER shows it. */
    static String fingerprint(PublicKey key) {
        try {
            return "SHA256:"
                    + Base64.getEncoder()
                            .encodeToString(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Checks a login; throws if it fails. */
    void login(JsonNode request, Instant now) {
        String authenticator = request.path("AUTHENTICATOR").asText("SNOWFLAKE").toUpperCase(Locale.ROOT);
        String token = request.path("TOKEN").asText("");
        switch (authenticator) {
            case "SNOWFLAKE_JWT" -> verify(token, now);
            case "PROGRAMMATIC_ACCESS_TOKEN" -> {
                if (!programmaticTokens.contains(token)) {
                    throw new StatementError(394400, "08001", "Programmatic access token is invalid.");
                }
            }
            case "OAUTH" -> {
                if (!oauthTokens.contains(token)) {
                    throw new StatementError(390303, "08001", "Invalid OAuth access token.");
                }
            }
            case "SNOWFLAKE" -> {
                if (password == null
                        || !password.equals(request.path("PASSWORD").asText(""))) {
                    throw new StatementError(390100, "08001", "Incorrect username or password was specified.");
                }
            }
            default ->
                throw new StatementError(
                        390139, "08001", "The fake of Snowflake does not know the authenticator " + authenticator);
        }
        if (disabled) {
            throw new StatementError(390101, "08001", "User access disabled. Contact your local system administrator.");
        } else if (locked) {
            throw new StatementError(
                    390102,
                    "08001",
                    "Your user account has been temporarily locked due to too many failed attempts. Try again after 15"
                            + " minutes, or contact your account administrator for assistance.");
        }
    }

    /** Verifies a token that the driver signed with the private key. */
    private void verify(String jwt, Instant now) {
        String[] parts = jwt.split("\\.");
        if (parts.length != 3) {
            throw invalid("JWT_TOKEN_INVALID", "390144");
        }
        JsonNode header = json(parts[0]);
        JsonNode claims = json(parts[1]);
        if (!header.path("alg").asText().equals("RS256")) {
            throw invalid("JWT_TOKEN_INVALID_ALGORITHM", "394305");
        }
        String[] issuer = claims.path("iss").asText().split("\\.", 3);
        if (issuer.length < 3 || !issuer[1].equals(name)) {
            throw invalid("JWT_TOKEN_INVALID_USER_IN_ISSUER", "394300");
        } else if (!claims.path("sub").asText().equals(issuer[0] + "." + issuer[1])) {
            throw invalid("JWT_TOKEN_INVALID_ISSUER_SUBJECT_MISMATCH", "394307");
        }
        PublicKey key = keys.stream()
                .filter(known -> fingerprint(known).equals(issuer[2]))
                .findFirst()
                .orElseThrow(() -> invalid("JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH", "394304"));
        if (!signed(parts, key)) {
            throw invalid("JWT_TOKEN_INVALID_SIGNATURE", "394306");
        }
        Instant issued = Instant.ofEpochSecond(claims.path("iat").asLong());
        Instant expires = Instant.ofEpochSecond(claims.path("exp").asLong());
        if (Duration.between(issued, now).abs().compareTo(Duration.ofSeconds(60)) > 0) {
            throw invalid("JWT_TOKEN_INVALID_ISSUE_TIME", "394302");
        } else if (expires.isBefore(now)) {
            throw invalid("JWT_TOKEN_INVALID_EXPIRATION_TIME", "394303");
        }
    }

    /** Returns an error with an id only; an administrator gets the cause by SYSTEM$GET_LOGIN_FAILURE_DETAILS. */
    private static StatementError invalid(String cause, String code) {
        String id = UUID.randomUUID().toString();
        CAUSES.put(id, code + " " + cause);
        return new StatementError(390144, "08001", "JWT token is invalid. [" + id + "]");
    }

    /** Returns the cause of a failed key-pair login by the id in its message, or null. */
    static String cause(String id) {
        return CAUSES.get(id);
    }

    private static boolean signed(String[] parts, PublicKey key) {
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(key);
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            return signature.verify(Base64.getUrlDecoder().decode(parts[2]));
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static JsonNode json(String part) {
        try {
            return Variants.MAPPER.readTree(new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw invalid("JWT_TOKEN_INVALID", "390144");
        }
    }
}
