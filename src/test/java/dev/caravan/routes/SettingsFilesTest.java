package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsFilesTest {

    /** What a string in the code is that looks like a setting and is none. */
    private static final Set<String> OTHERS = Set.of("exchange-rates.ndjson.gz", "exchange-rates.put");

    @TempDir
    Path directory;

    private void check(String properties, String... inRoutes) throws IOException {
        Files.writeString(directory.resolve("application.properties"), properties);
        check(directory, List.of("application.properties"), inRoutes);
    }

    private static void check(Path directory, List<String> files, String... inRoutes) throws IOException {
        SettingsFiles settings = new SettingsFiles(directory, files);
        settings.check(Set.of(inRoutes));
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            settings.checkComponents(context);
        }
    }

    @Test
    void aTimeWithoutAUnitIsRefusedAndSoIsWhatAComponentDoesNotHave() {
        assertThatThrownBy(() -> check("\ncamel.component.pipeline.runRetention = 90\n"))
                .isInstanceOf(UsageException.class)
                .hasMessage("application.properties, line 2: camel.component.pipeline.runRetention: 90 has no unit:"
                        + " write 90s, 90m or 90h");
        assertThatThrownBy(() -> check("camel.component.warehouse.lock-timeout = 30\n"))
                .hasMessageContaining("line 1: camel.component.warehouse.lock-timeout: 30 has no unit");
        assertThatThrownBy(() -> check("camel.component.pipeline.lease = soon\n"))
                .hasMessageContaining("must be a duration such as 30s, 10m or 2h, not 'soon'");
        assertThatThrownBy(() -> check("camel.component.pipeline.leese = 60s\n"))
                .hasMessageContaining("unknown setting camel.component.pipeline.leese. Did you mean lease?");
        assertThatCode(() -> check("camel.component.pipeline.lease = {{my.lease}}\nmy.lease = 60s\n"))
                .doesNotThrowAnyException();
    }

    @Test
    void aSettingThatNobodyReadsIsRefusedWithItsLineAndTheNearestName() {
        assertThatThrownBy(() ->
                        check("# tables\nverify.tables = A.B.C by x, \\\n  A.B.D by y\n\nverify.tabels = A.B.E by z\n"))
                .isInstanceOf(UsageException.class)
                .hasMessage("application.properties, line 5: unknown setting verify.tabels."
                        + " Did you mean verify.tables?");
        assertThatThrownBy(() -> check("verfiy.tables = A.B.C by x\n"))
                .hasMessageContaining("Did you mean verify.tables?");
        assertThatThrownBy(() -> check("cost.snowflake.discount = 1\n"))
                .hasMessageContaining("line 1: unknown setting");
        assertThatThrownBy(() -> check("postgres.pasword = x\n"))
                .hasMessageContaining("Did you mean postgres.password?")
                .hasMessageNotContaining("= x");
    }

    @Test
    void settingsOfUsersAreTheirs() {
        assertThatCode(() -> check(
                        """
                        my.table = x
                        shop.password = y
                        postgres.replica = jdbc:postgresql://two/shop
                        camel.beans.replica.jdbcUrl = {{postgres.replica}}
                        exchange-rates.extra = z
                        """,
                        "exchange-rates.extra"))
                .doesNotThrowAnyException();
    }

    @Test
    void whatAnotherProfileRefersToIsInUse() throws Exception {
        Files.writeString(directory.resolve("application-prod.properties"), "postgres.url = jdbc:{{postgres.host}}\n");
        assertThatCode(() -> check("postgres.host = db\n")).doesNotThrowAnyException();
    }

    @Test
    void theShippedSettingsAreRight() throws IOException {
        for (String profile : List.of("local", "demo", "prod")) {
            check(
                    Path.of(System.getProperty("caravan.home", ".")),
                    List.of("application.properties", "application-" + profile + ".properties"));
        }
    }

    /** A new one has to be named in {@link SettingsFiles}. */
    @Test
    void everySettingThatTheCodeReadsIsKnown() throws IOException {
        Pattern setting =
                Pattern.compile("\"(?:\\{\\{)?((?:infra|cost|verify|exchange-rates)\\.[a-z0-9.-]*[a-z0-9])[\":}]");
        Set<String> unknown = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of(System.getProperty("caravan.home", "."), "src/main/java"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                unknown.addAll(setting.matcher(Files.readString(source))
                        .results()
                        .map((MatchResult match) -> match.group(1))
                        .collect(Collectors.toSet()));
            }
        }
        unknown.removeAll(SettingsFiles.KNOWN);
        unknown.removeAll(OTHERS);
        assertThat(unknown).isEmpty();
    }
}
