package dev.caravan.operations.infra;

import java.util.Map;
import java.util.Optional;

/** The pipe that loads each new object; Snowflake makes the queue that it is told through. */
public record Pipe(Account account, InfraSettings settings) implements Wanted {

    @Override
    public String name() {
        return "pipe " + settings.inRatesSchema(settings.pipe());
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    /** The ARN of its queue, once it is there. */
    public Optional<String> queue() {
        return find().map(row -> row.getOrDefault("notification_channel", "")).filter(channel -> !channel.isEmpty());
    }

    private Optional<Map<String, String>> find() {
        return account
                .rows("SHOW PIPES LIKE " + Names.literal(settings.pipe()) + " IN SCHEMA " + settings.ratesSchema())
                .stream()
                .filter(row -> settings.pipe().equals(row.get("name")))
                .findFirst();
    }

    @Override
    public Outlook look() {
        Optional<Map<String, String>> found = find();
        if (found.isEmpty()) {
            return Outlook.missing(account.statement(
                    "CREATE PIPE IF NOT EXISTS " + settings.inRatesSchema(settings.pipe()) + " AUTO_INGEST = TRUE AS "
                            + copy(),
                    "CREATE PIPE on the schema, USAGE on the stage, and SELECT and INSERT on the table"));
        }
        return queue().isPresent()
                ? Outlook.ok()
                : Outlook.byHand("it was made without AUTO_INGEST = TRUE: replace it as docs/infrastructure.md says,"
                        + " because a new pipe forgets which files it has loaded");
    }

    private String copy() {
        return "COPY INTO " + settings.ratesTable()
                + " (DATE, TIMESTAMP, BASE, RATES, _LOADED_AT, _FILE, _MODIFIED)"
                + " FROM (SELECT $1:date::DATE, TO_TIMESTAMP_NTZ($1:timestamp::NUMBER), $1:base::VARCHAR, $1:rates,"
                + " CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)::TIMESTAMP_NTZ, METADATA$FILENAME,"
                + " METADATA$FILE_LAST_MODIFIED FROM @" + settings.inRatesSchema(settings.stage()) + ")"
                + " FILE_FORMAT = (FORMAT_NAME = "
                + Names.literal(settings.inRatesSchema(settings.fileFormat())) + ") ON_ERROR = SKIP_FILE";
    }
}
