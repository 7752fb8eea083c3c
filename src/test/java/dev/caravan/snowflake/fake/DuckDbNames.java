package dev.caravan.snowflake.fake;

import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * Snowflake's identifiers in DuckDB, which ignores case: a name with lower-case letters gets a suffix that encodes their
 * positions.
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

    /** Removes the suffix from a name, or from all names in a text. */
    static String decode(String encoded) {
        return MARK.matcher(encoded).replaceAll("");
    }

    /** Quotes an identifier for DuckDB. */
    static String quote(String name) {
        return '"' + encode(name).replace("\"", "\"\"") + '"';
    }

    /** Quotes a string for DuckDB. */
    static String literal(String value) {
        return "'" + value.replace("'", "''").replace("\0", "' || chr(0) || '") + "'";
    }
}
