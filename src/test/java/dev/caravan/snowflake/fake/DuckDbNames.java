package dev.caravan.snowflake.fake;

import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * How names that differ for Snowflake are told apart in DuckDB, to which upper and lower case are the same: a name with
 * lower-case letters gets a mark that tells where they are.
 */
final class DuckDbNames {

    private static final Pattern MARK = Pattern.compile("~[0-9a-f]+(?![0-9a-zA-Z_~])");

    private DuckDbNames() {}

    static String encode(String name) {
        BigInteger mask = BigInteger.ZERO;
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= 'a' && name.charAt(i) <= 'z') {
                mask = mask.setBit(i);
            }
        }
        return mask.signum() == 0 && name.indexOf('~') < 0 ? name : name + "~" + mask.toString(16);
    }

    /** A name without its mark; also all those in a text. */
    static String decode(String encoded) {
        return MARK.matcher(encoded).replaceAll("");
    }

    /** An identifier in DuckDB's SQL. */
    static String quote(String name) {
        return '"' + encode(name).replace("\"", "\"\"") + '"';
    }

    /** A string in DuckDB's SQL. */
    static String literal(String value) {
        return "'" + value.replace("'", "''").replace("\0", "' || chr(0) || '") + "'";
    }
}
