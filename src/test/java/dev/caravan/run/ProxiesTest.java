package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    private final Properties system = new Properties();

    @Test
    void takesTheProxiesOfTheEnvironment() {
        Proxies.applyEnvironment(
                Map.of(
                        "HTTPS_PROXY", "http://anna:p%40ss@proxy.acme.com:3128",
                        "http_proxy", "proxy.acme.com",
                        "NO_PROXY", "acme.com, .internal,*.corp,10.0.0.0/8,192.168.1.7:8080"),
                system);
        assertThat(system)
                .containsEntry("https.proxyHost", "proxy.acme.com")
                .containsEntry("https.proxyPort", "3128")
                .containsEntry("https.proxyUser", "anna")
                .containsEntry("https.proxyPassword", "p@ss")
                .containsEntry("http.proxyHost", "proxy.acme.com")
                .containsEntry("http.proxyPort", "80")
                .containsEntry("http.useProxy", "true");
        assertThat(system.getProperty("http.nonProxyHosts").split("\\|"))
                .contains("localhost", "127.*", "[::1]")
                .contains("acme.com", "*.acme.com", "internal", "*.internal", "corp", "*.corp", "10.*", "192.168.1.7");
    }

    @Test
    void asksThisMachineDirectlyWhateverIsSet() {
        system.setProperty("http.nonProxyHosts", "*.acme.com");
        Proxies.applyEnvironment(Map.of(), system);
        assertThat(system.getProperty("http.nonProxyHosts").split("\\|")).contains("*.acme.com", "127.*", "localhost");
        assertThat(system).doesNotContainKey("https.proxyHost");
    }

    @Test
    void leavesWhatIsSetForJava() {
        system.setProperty("https.proxyHost", "mine");
        Proxies.applyEnvironment(Map.of("HTTPS_PROXY", "http://other:1"), system);
        assertThat(system).containsEntry("https.proxyHost", "mine").doesNotContainKey("https.proxyPort");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://canary:x y@z", "socks5://canary:1", "http://"})
    void refusesAnAddressThatIsNone(String address) {
        assertThatThrownBy(() -> Proxies.applyEnvironment(Map.of("HTTPS_PROXY", address), system))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("HTTPS_PROXY is not a valid proxy address")
                .hasMessageNotContaining("canary");
    }
}
