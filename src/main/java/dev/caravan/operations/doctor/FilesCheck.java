package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.operations.infra.Names;
import dev.caravan.snowpipe.LoadedFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Snowpipe has refused no day of the last days that was not loaded later, in a file of whatever name. */
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
                .rows(LoadedFile.query(Names.sql(names.rates().get(0)), names.ratesTable(), DAYS, ""))
                .stream()
                .map(row -> LoadedFile.of(new ArrayList<>(row.values())))
                .toList();
        Map<String, LoadedFile> refused = new TreeMap<>();
        for (LoadedFile file : files) { // the oldest load first
            if (file.loaded()) {
                refused.remove(day(file));
            } else if (file.refused()) {
                refused.put(day(file), file);
            }
        }
        if (refused.isEmpty()) {
            return pass(files.stream().filter(LoadedFile::loaded).count() + " were loaded");
        }
        LoadedFile first = refused.values().iterator().next();
        return Cause.FILES_REFUSED.found(
                refused.size() + " files were refused and not loaded since; the first: " + first.name() + ": "
                        + first.reason(),
                "write the rates of that day under another name, as caravan run exchange-rates-backfill -p force=true does,"
                        + " for Snowpipe does not take a name twice; or load a fixed file by COPY INTO "
                        + names.ratesTable());
    }

    /** A forced backfill writes a day under another name that begins alike. */
    private static String day(LoadedFile file) {
        return DATE.matcher(file.name())
                .results()
                .map(date -> date.group())
                .findFirst()
                .orElse(file.name());
    }
}
