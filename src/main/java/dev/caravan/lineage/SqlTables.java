package dev.caravan.lineage;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables that a query names after FROM and JOIN, as far as they can be told without a parser of its dialect. */
final class SqlTables {

    private static final Pattern IGNORED = Pattern.compile("--[^\\n]*|/\\*[\\s\\S]*?\\*/|'(?:[^']|'')*'");
    private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)";
    private static final Pattern TABLE = Pattern.compile("(?i)\\b(?:from|join)\\s+(?:only\\s+)?(" + NAME
            + "(?:\\s*\\.\\s*" + NAME + "){0,2})(?!\\s*\\(|[\\p{L}\\p{N}_$.{:])");
    private static final Pattern COMMON = Pattern.compile("(?i)(?:\\bwith(?:\\s+recursive)?|,)\\s+(" + NAME
            + ")\\s*(?:\\([^)]*\\)\\s*)?as\\s*(?:(?:not\\s+)?materialized\\s*)?\\(");
    /** {@code EXTRACT(year FROM valid_ts)} and the like name no table. */
    private static final Pattern FUNCTION =
            Pattern.compile("(?i)\\b(?:extract|substring|trim|overlay|position)\\s*\\([^()]*\\)");

    private SqlTables() {}

    static Set<String> of(String sql) {
        String text = FUNCTION.matcher(IGNORED.matcher(sql).replaceAll(" ")).replaceAll(" ");
        Set<String> common = new LinkedHashSet<>();
        for (Matcher matcher = COMMON.matcher(text); matcher.find(); ) {
            common.add(matcher.group(1).toLowerCase(Locale.ROOT));
        }
        Set<String> tables = new LinkedHashSet<>();
        for (Matcher matcher = TABLE.matcher(text); matcher.find(); ) {
            String name = matcher.group(1).replaceAll("\\s", "").replace("\"", "");
            if (!common.contains(name.toLowerCase(Locale.ROOT))) {
                tables.add(name);
            }
        }
        return tables;
    }
}
