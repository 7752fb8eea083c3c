package dev.caravan.console;

import dev.caravan.operations.Settings;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * The settings {@code console.*}.
 *
 * @param host the address to listen on
 * @param port the port; 0 for any free one
 * @param token who has it may do everything; null if no log-in is required
 * @param readerToken who has it may only read; or null
 * @param url the address that users type, if it is not host and port: behind a proxy. Or null
 * @param loopback whether only this machine can connect
 */
record ConsoleSettings(
        boolean enabled, String host, int port, String token, String readerToken, URI url, boolean loopback) {

    static final int DEFAULT_PORT = 8282;
    private static final int SHORTEST_TOKEN = 16;
    private static final String FILE = "file:";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /**
     * Reads the settings.
     *
     * @throws UsageException if one is invalid, or a token is missing for an address that other machines can reach
     */
    static ConsoleSettings of(Settings settings) {
        boolean enabled = bool("console.enabled", settings.get("console.enabled", "true"));
        String host = settings.get("console.host", "127.0.0.1");
        boolean loopback = isLoopback(host);
        String token = enabled ? token(settings, "console.token") : null;
        String reader = enabled ? token(settings, "console.reader-token") : null;
        URI url = url(settings.get("console.url"));
        // not looked up: only the users' network may know the name
        boolean published = url != null && !LOOPBACK.contains(url.getHost().toLowerCase(Locale.ROOT));
        if (enabled && token == null && (!loopback || published)) {
            throw new UsageException((loopback ? "console.url = " + url : "console.host = " + host)
                    + " can be reached from other machines, which needs a token: set console.token to file:PATH or"
                    + " {{aws:SECRET#FIELD}}, or use 127.0.0.1");
        }
        if (reader != null && (token == null || reader.equals(token))) {
            throw new UsageException("console.reader-token needs a console.token, which must differ from it");
        }
        return new ConsoleSettings(enabled, host, port(settings.get("console.port")), token, reader, url, loopback);
    }

    private static boolean bool(String name, String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw new UsageException(name + " must be true or false, not " + value);
        }
        return value.equals("true");
    }

    private static int port(String value) {
        if (value == null) {
            return DEFAULT_PORT;
        }
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) > 65_535) {
            throw new UsageException("console.port must be a number from 0 to 65535, not " + value);
        }
        return Integer.parseInt(value);
    }

    private static String token(Settings settings, String name) {
        String value = settings.get(name);
        if (value == null) {
            return null;
        }
        String token = value;
        if (value.startsWith(FILE)) {
            Path file = Path.of(value.substring(FILE.length()));
            try {
                token = Files.readString(file).strip();
            } catch (IOException e) {
                throw new UsageException(name + ": cannot read the file " + file + ": " + e, e);
            }
        }
        if (token.length() < SHORTEST_TOKEN) {
            throw new UsageException(
                    name + " must have at least " + SHORTEST_TOKEN + " characters; openssl rand -hex 32 makes one");
        }
        return token;
    }

    private static URI url(String value) {
        if (value == null) {
            return null;
        }
        URI url;
        try {
            url = URI.create(value.replaceFirst("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw new UsageException("console.url is not a URL: " + value, e);
        }
        if (url.getHost() == null
                || !Set.of("http", "https").contains(url.getScheme())
                || !url.getRawPath().isEmpty()) {
            throw new UsageException("console.url must be http://HOST or https://HOST without a path, not " + value);
        }
        return url;
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new UsageException("console.host is unknown: " + host, e);
        }
    }
}
