package dev.caravan.operations.infra;

import dev.caravan.exchangerates.RatesSchema;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The pipe that loads each new object; Snowflake creates the queue that notifies it. */
public record Pipe(AccountConnection snowflake, InfraSettings settings) implements Resource {

    private static final String NAME = "((?:\"(?:[^\"]|\"\")+\"|[\\w$]+)(?:\\.(?:\"(?:[^\"]|\"\")+\"|[\\w$]+))*)";
    private static final Pattern COPY = Pattern.compile("(?is)COPY\\s+INTO\\s+" + NAME + ".*?\\bFROM\\s+@" + NAME);

    @Override
    public String name() {
        return "pipe " + settings.inRatesSchema(settings.pipe());
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    /** Returns the ARN of its queue, once it exists. */
    public Optional<String> queue() {
        return find().map(row -> row.getOrDefault("notification_channel", "")).filter(channel -> !channel.isEmpty());
    }

    private Optional<Map<String, String>> find() {
        return snowflake
                .rows("SHOW PIPES LIKE " + Snowflake.literal(settings.pipe()) + " IN SCHEMA " + settings.ratesSchema())
                .stream()
                .filter(row -> settings.pipe().equals(row.get("name")))
                .findFirst();
    }

    @Override
    public Diff diff() {
        Optional<Map<String, String>> found = find();
        if (found.isEmpty()) {
            return Diff.missing(snowflake.statement(
                    "CREATE PIPE IF NOT EXISTS " + settings.inRatesSchema(settings.pipe()) + " AUTO_INGEST = TRUE AS "
                            + copy(),
                    "CREATE PIPE on the schema, USAGE on the stage, and SELECT and INSERT on the table"));
        }
        List<String> differences = new ArrayList<>();
        if (queue().isEmpty()) {
            differences.add("it was created without AUTO_INGEST = TRUE");
        }
        compare(found.get().getOrDefault("definition", ""), differences);
        return differences.isEmpty()
                ? Diff.ok()
                : Diff.byHand(String.join("; ", differences) + ": replace it as described in docs/infrastructure.md,"
                        + " because a new pipe does not know which files are loaded");
    }

    /** Compares table and stage; the SELECT can be written in many ways. */
    private void compare(String definition, List<String> differences) {
        Matcher copy = COPY.matcher(definition);
        if (!copy.find()) {
            return; // empty for a role that cannot change the pipe
        }
        if (!means(copy.group(1), settings.rates())) {
            differences.add("it loads into " + copy.group(1) + ", expected " + settings.ratesTable());
        }
        List<String> stage = List.of(settings.rates().get(0), settings.rates().get(1), settings.stage());
        if (!means(copy.group(2), stage)) {
            differences.add(
                    "it reads @" + copy.group(2) + ", expected @" + SnowflakeNames.sql(stage.toArray(String[]::new)));
        }
    }

    /** Returns whether a name in a statement means an object; missing parts are those of the pipe's schema. */
    private static boolean means(String name, List<String> object) {
        List<String> parts = SnowflakeNames.parse(name);
        return object.subList(Math.max(0, object.size() - parts.size()), object.size())
                .equals(parts);
    }

    private String copy() {
        return "COPY INTO " + settings.ratesTable()
                + RatesSchema.COLUMNS.stream()
                        .map(column -> column.name().toUpperCase(Locale.ROOT))
                        .collect(Collectors.joining(", ", " (", ")"))
                + " FROM (SELECT $1:date::DATE, TO_TIMESTAMP_NTZ($1:timestamp::NUMBER), $1:base::VARCHAR, $1:rates,"
                + " CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)::TIMESTAMP_NTZ, METADATA$FILENAME,"
                + " METADATA$FILE_LAST_MODIFIED FROM @" + settings.inRatesSchema(settings.stage()) + ")"
                + " FILE_FORMAT = (FORMAT_NAME = "
                + Snowflake.literal(settings.inRatesSchema(settings.fileFormat())) + ") ON_ERROR = SKIP_FILE";
    }
}
