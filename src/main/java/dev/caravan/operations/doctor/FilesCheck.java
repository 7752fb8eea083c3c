package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.snowpipe.LoadedFile;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Checks that every day that Snowpipe rejected recently has been loaded since, from whatever file. */
record FilesCheck(DoctorContext context) implements Check {

    private static final int DAYS = 7;
    private static final Pattern DATE = Pattern.compile("^\\d{4}-\\d{2}-\\d{2}");

    @Override
    public String name() {
        return "files of the last " + DAYS + " days";
    }

    @Override
    public Finding run() {
        InfraSettings names = context.names();
        List<LoadedFile> files = context
                .snowflake()
                .rows(LoadedFile.query(SnowflakeNames.sql(names.rates().get(0)), names.ratesTable(), DAYS, ""))
                .stream()
                .map(row -> LoadedFile.of(new ArrayList<>(row.values())))
                .toList();
        Map<String, LoadedFile> refused = new TreeMap<>();
        for (LoadedFile file : files) { // the oldest load first
            if (file.loaded()) {
                refused.remove(day(file));
            } else if (file.rejected()) {
                refused.put(day(file), file);
            }
        }
        if (refused.isEmpty()) {
            return pass(files.stream().filter(LoadedFile::loaded).count() + " loaded");
        }
        LoadedFile first = refused.values().iterator().next();
        return Cause.FILES_REFUSED.found(
                refused.size() + " files were rejected and not loaded since; the first: " + first.name() + ": "
                        + first.reason(),
                "write the rates of that day under another name, as caravan run exchange-rates-backfill -p force=true does,"
                        + " because Snowpipe loads a name only once; or load a corrected file with COPY INTO "
                        + names.ratesTable());
    }

    /** Returns the day of a file; a forced backfill writes a day under another name with the same prefix. */
    private static String day(LoadedFile file) {
        return DATE.matcher(file.name())
                .results()
                .map(date -> date.group())
                .findFirst()
                .orElse(file.name());
    }
}
