package dev.caravan.run;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * The proxies of all HTTP clients: Java's system properties ({@code https.proxyHost} ...), which all of them read. Missing
 * ones are set from the environment: {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}. Loopback addresses never
 * use a proxy.
 */
public final class Proxies {

    private static final String EXCEPT = "http.nonProxyHosts";
    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.*", "[::1]", "::1", "0.0.0.0");

    private Proxies() {}

    /** Applies the proxies of the environment to this process. */
    public static void applyEnvironment() {
        applyEnvironment(System.getenv(), System.getProperties());
    }

    static void applyEnvironment(Map<String, String> environment, Properties system) {
        applyEnvironment("https", environment, system);
        applyEnvironment("http", environment, system);
        Set<String> direct = new LinkedHashSet<>(THIS_MACHINE);
        String set = system.getProperty(EXCEPT);
        if (set != null) {
            direct.addAll(Set.of(set.split("\\|", -1)));
        } else {
            for (String host : variable("NO_PROXY", environment).split(",", -1)) {
                addPatterns(host.strip(), direct);
            }
        }
        direct.remove("");
        system.setProperty(EXCEPT, String.join("|", direct));
    }

    private static void applyEnvironment(String scheme, Map<String, String> environment, Properties system) {
        String name = scheme.toUpperCase(Locale.ROOT) + "_PROXY";
        String address = variable(name, environment);
        if (address.isEmpty() || system.getProperty(scheme + ".proxyHost") != null) {
            return;
        }
        URI proxy;
        try {
            proxy = URI.create(address.contains("://") ? address : "http://" + address);
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + " is not a valid proxy address: it must look like http://HOST:PORT.");
        }
        if (proxy.getHost() == null || !"http".equals(proxy.getScheme())) {
            throw new UsageException(name + " is not a valid proxy address: it must look like http://HOST:PORT.");
        }
        system.setProperty(scheme + ".proxyHost", proxy.getHost());
        system.setProperty(scheme + ".proxyPort", String.valueOf(proxy.getPort() < 0 ? 80 : proxy.getPort()));
        // Snowflake's driver ignores proxies without it
        system.setProperty("http.useProxy", "true");
        if (proxy.getUserInfo() != null) {
            String[] login = proxy.getUserInfo().split(":", 2);
            system.setProperty(scheme + ".proxyUser", login[0]);
            system.setProperty(scheme + ".proxyPassword", login.length == 1 ? "" : login[1]);
        }
    }

    /** Returns a variable, in lower or upper case; empty if it is not set. */
    private static String variable(String name, Map<String, String> environment) {
        String lower = environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        return lower.isBlank() ? environment.getOrDefault(name, "").strip() : lower.strip();
    }

    /** Converts an entry of NO_PROXY: a name includes its subdomains; Java supports networks that end at a dot. */
    private static void addPatterns(String host, Set<String> patterns) {
        String network = host.replaceFirst("^(\\d+)\\.\\d+\\.\\d+\\.\\d+/8$", "$1.*")
                .replaceFirst("^(\\d+\\.\\d+)\\.\\d+\\.\\d+/16$", "$1.*")
                .replaceFirst("^(\\d+\\.\\d+\\.\\d+)\\.\\d+/24$", "$1.*");
        String name = network.replaceFirst("^(\\*?\\.)(?=.)", "").replaceFirst("(?<=[^:]):\\d+$", "");
        patterns.add(name);
        if (!name.isEmpty() && !name.endsWith("*") && !name.matches("[\\d.]+|.*:.*")) {
            patterns.add("*." + name);
        }
    }

    /**
     * Describes the proxy of an address, for messages about failed connections.
     *
     * @return a sentence that begins with a space; empty without a proxy
     */
    public static String hint(String url) {
        try {
            URI uri = URI.create(url);
            for (Proxy proxy : ProxySelector.getDefault().select(uri)) {
                if (proxy.address() instanceof InetSocketAddress address) {
                    return " The request used the proxy " + address.getHostString() + ":" + address.getPort()
                            + " (" + uri.getScheme().toUpperCase(Locale.ROOT) + "_PROXY or "
                            + uri.getScheme() + ".proxyHost; NO_PROXY lists hosts to connect to directly).";
                }
            }
        } catch (IllegalArgumentException e) {
            // an invalid address has no proxy
        }
        return "";
    }
}
