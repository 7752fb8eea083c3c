package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.operations.infra.Names;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Snowpipe has refused no file of the last days that was not loaded later. */
record FilesCheck(Site site) implements Check {

    private static final Set<String> REFUSED = Set.of("Load failed", "Partially loaded");

    @Override
    public String name() {
        return "files of the last 7 days";
    }

    @Override
    public Finding look() {
        InfraSettings names = site.names();
        List<String> rates = names.rates();
        List<Map<String, String>> files = site.account()
                .rows("SELECT FILE_NAME, STATUS, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER FROM TABLE("
                        + Names.sql(rates.get(0)) + ".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => "
                        + Names.literal(Names.sql(rates.get(1), rates.get(2)))
                        + ", START_TIME => DATEADD('day', -7, CURRENT_TIMESTAMP())))"
                        + " QUALIFY ROW_NUMBER() OVER (PARTITION BY FILE_NAME ORDER BY LAST_LOAD_TIME DESC) = 1"
                        + " ORDER BY LAST_LOAD_TIME");
        List<Map<String, String>> refused = files.stream()
                .filter(file -> REFUSED.contains(file.get("status")))
                .toList();
        if (refused.isEmpty()) {
            return pass(files.size() + " were loaded");
        }
        Map<String, String> first = refused.get(0);
        String line = first.get("first_error_line_number");
        return Cause.FILES_REFUSED.found(
                refused.size() + " of " + files.size() + " files were refused; the first: " + first.get("file_name")
                        + ": " + first.get("first_error_message") + (line.isEmpty() ? "" : " (line " + line + ")"),
                "write the rates of that day under another name, as caravan run exchange-rates-backfill -p force=true does:"
                        + " Snowpipe does not take a name twice");
    }
}
