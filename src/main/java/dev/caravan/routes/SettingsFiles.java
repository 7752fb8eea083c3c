package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.CatalogCamelContext;
import org.apache.camel.util.StringHelper;

/** Checks the settings files: unknown names and invalid values are rejected. */
public final class SettingsFiles {

    /** The settings that code reads by name; all others are used as {@code {{NAME}}}. */
    static final Set<String> KNOWN = Set.of(
            "alerts.crashed",
            "alerts.duration-factor",
            "alerts.failed",
            "alerts.failures",
            "alerts.freshness",
            "alerts.log",
            "alerts.mail.from",
            "alerts.mail.host",
            "alerts.mail.password",
            "alerts.mail.port",
            "alerts.mail.to",
            "alerts.mail.username",
            "alerts.overdue",
            "alerts.pagerduty.key",
            "alerts.pagerduty.url",
            "alerts.quota",
            "alerts.reminder",
            "alerts.rows-minimum",
            "alerts.rows-range",
            "alerts.schema-change",
            "alerts.slack.url",
            "alerts.stuck",
            "aws.endpoint",
            "aws.region",
            "caravan.log.format",
            "console.enabled",
            "console.host",
            "console.port",
            "console.reader-token",
            "console.token",
            "console.url",
            "cost.as-of",
            "cost.currency",
            "cost.exchange-rates.month",
            "cost.exchange-rates.quota",
            "cost.s3.gb-month",
            "cost.s3.get",
            "cost.s3.put",
            "cost.snowflake.auto-suspend",
            "cost.snowflake.credit",
            "cost.snowflake.credits-per-hour",
            "cost.snowpipe.credits-per-gb",
            "cost.source",
            "exchange-rates.api-key",
            "exchange-rates.arrival",
            "exchange-rates.parallel-requests",
            "exchange-rates.requests-per-second",
            "exchange-rates.timeout",
            "exchange-rates.url",
            "infra.database",
            "infra.exchange-rates-secret",
            "infra.file-format",
            "infra.hubspot-secret",
            "infra.integration",
            "infra.pipe",
            "infra.postgres-secret",
            "infra.private-key",
            "infra.private-key-passphrase",
            "infra.public-key",
            "infra.rates-table",
            "infra.reader-role",
            "infra.role",
            "infra.run-role",
            "infra.run-service",
            "infra.schemas",
            "infra.snowflake-secret",
            "infra.stage",
            "infra.storage-role",
            "infra.user",
            "infra.warehouse",
            "infra.warehouse-size",
            "infra.workload-role",
            "openlineage.api-key",
            "openlineage.endpoint",
            "openlineage.namespace",
            "openlineage.url",
            "postgres.password",
            "postgres.url",
            "postgres.username",
            "s3.bucket",
            "s3.client",
            "s3.endpoint",
            "s3.kms",
            "s3.kms-key",
            "s3.path-style",
            "s3.timeout",
            "snowflake.authenticator",
            "snowflake.database",
            "snowflake.host",
            "snowflake.password",
            "snowflake.private-key",
            "snowflake.private-key-passphrase",
            "snowflake.role",
            "snowflake.token",
            "snowflake.username",
            "snowflake.warehouse",
            "verify.tables");

    /** The prefixes of Caravan's own settings. */
    private static final Set<String> OWN_PREFIXES = Set.of(
            "alerts.",
            "aws.",
            "caravan.",
            "console.",
            "cost.",
            "exchange-rates.",
            "hubspot.",
            "infra.",
            "ledger.",
            "openlineage.",
            "pipeline.",
            "postgres.",
            "s3.",
            "snowflake.",
            "snowpipe.",
            "verify.",
            "warehouse.");

    private static final Pattern COMPONENT = Pattern.compile("camel\\.component\\.(pipeline|warehouse|hubspot)\\.(.+)");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??([\\w.-]+)");
    private static final Pattern CONTINUED = Pattern.compile("(?<!\\\\)(\\\\\\\\)*\\\\$");

    private final List<Setting> settings = new ArrayList<>();
    private final Set<String> placeholders = new TreeSet<>();

    private record Setting(Path file, int line, String name, String value) {

        UsageException mistake(String what) {
            return new UsageException(file + ", line " + line + ": " + what);
        }
    }

    /**
     * Reads the files.
     *
     * @param directory contains them; settings that another profile's files refer to count as used
     * @param names of the profile's files; missing ones are ignored
     */
    public SettingsFiles(Path directory, List<String> names) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "application*.properties")) {
            for (Path file : all) {
                String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                placeholders.addAll(placeholders(text));
                if (names.contains(file.getFileName().toString())) {
                    read(file.getFileName(), text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Path file, String text) throws IOException {
        StringBuilder entry = new StringBuilder();
        int first = 0;
        int line = 0;
        for (String each : text.lines().toList()) {
            line++;
            if (entry.isEmpty()) {
                first = line;
            }
            boolean comment = entry.isEmpty() && each.strip().matches("[#!].*");
            entry.append(each).append('\n');
            if (comment || !CONTINUED.matcher(each).find()) {
                Properties setting = new Properties();
                setting.load(new StringReader(entry.toString()));
                for (String name : setting.stringPropertyNames()) {
                    settings.add(new Setting(file, first, name, setting.getProperty(name)));
                }
                entry.setLength(0);
            }
        }
    }

    /** Returns the settings that a text refers to. */
    static Set<String> placeholders(String text) {
        return PLACEHOLDER.matcher(text).results().map(match -> match.group(1)).collect(Collectors.toSet());
    }

    /**
     * Rejects unused settings whose prefix is one of ours, or nearly so.
     *
     * @param inRoutes the settings that routes refer to
     * @throws UsageException for the first one
     */
    public void check(Set<String> inRoutes) {
        Set<String> read = new TreeSet<>(KNOWN);
        read.addAll(placeholders);
        read.addAll(inRoutes);
        for (Setting setting : settings) {
            String name = setting.name();
            boolean unread = !read.contains(name) && !isForPipeline(name) && !name.startsWith("camel.");
            if (unread && (OWN_PREFIXES.contains(prefix(name)) || isPrefixMisspelt(name, read))) {
                throw setting.mistake("unknown setting " + name + Suggestion.didYouMean(name, read));
            }
        }
    }

    /**
     * Rejects invalid settings of Caravan's components, such as a duration without a unit, which Camel reads as milliseconds.
     *
     * @throws UsageException for the first one
     */
    public void checkComponents(CamelContext context) {
        Catalog catalog = new Catalog((CatalogCamelContext) context);
        OptionCheck values = new OptionCheck(context, catalog);
        for (Setting setting : settings) {
            Matcher ours = COMPONENT.matcher(setting.name());
            if (ours.matches()) {
                Map<String, Catalog.Option> known =
                        catalog.component(ours.group(1)).orElseThrow().settings();
                Catalog.Option option = known.get(StringHelper.dashToCamelCase(ours.group(2)));
                if (option == null) {
                    throw setting.mistake(
                            "unknown setting " + setting.name() + Suggestion.didYouMean(ours.group(2), known.keySet()));
                } else if (!setting.value().contains("{{")) {
                    values.mistake(option, true, setting.name(), setting.value().strip())
                            .ifPresent(mistake -> {
                                throw setting.mistake(mistake);
                            });
                }
            }
        }
    }

    /** {@code alerts.overdue.NAME} is {@code alerts.overdue} for the pipeline NAME. */
    private static boolean isForPipeline(String name) {
        return name.startsWith("alerts.") && KNOWN.stream().anyMatch(each -> name.startsWith(each + "."));
    }

    private static String prefix(String name) {
        return name.substring(0, name.indexOf('.') + 1);
    }

    private static boolean isPrefixMisspelt(String name, Set<String> read) {
        String rest = name.substring(prefix(name).length());
        return read.stream()
                .filter(each -> each.substring(prefix(each).length()).equals(rest))
                .anyMatch(each ->
                        Suggestion.nearest(prefix(name), List.of(prefix(each))).isPresent());
    }
}
