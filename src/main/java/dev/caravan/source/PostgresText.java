package dev.caravan.source;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts the text format of PostgreSQL's own types to standard formats. */
final class PostgresText {

    private static final Set<String> NUMBERS =
            Set.of("_int2", "_int4", "_int8", "_numeric", "_float4", "_float8", "_oid");
    private static final Pattern JSON_NUMBER = Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");

    private static final Pattern INTERVAL = Pattern.compile("(?:([+-]?\\d+) years? ?)?(?:([+-]?\\d+) mons? ?)?"
            + "(?:([+-]?\\d+) days? ?)?(?:([+-])?(\\d+):(\\d\\d):(\\d\\d)(\\.\\d+)?)?");

    private PostgresText() {}

    /** Converts {@code 1 year 2 mons -3 days 04:05:06.7} to {@code P1Y2M-3DT4H5M6.7S}; other notations are returned unchanged. */
    static String interval(String text) {
        if (text == null) {
            return null;
        }
        Matcher m = INTERVAL.matcher(text);
        if (text.isEmpty() || !m.matches()) {
            return text;
        }
        StringBuilder iso = new StringBuilder("P");
        append(iso, "", m.group(1), 'Y');
        append(iso, "", m.group(2), 'M');
        append(iso, "", m.group(3), 'D');
        if (m.group(5) != null) {
            String sign = "-".equals(m.group(4)) ? "-" : "";
            iso.append('T');
            append(iso, sign, m.group(5), 'H');
            append(iso, sign, m.group(6), 'M');
            String fraction = m.group(8) == null ? "" : m.group(8).replaceFirst("\\.?0+$", "");
            if (fraction.isEmpty()) {
                append(iso, sign, m.group(7), 'S');
            } else {
                iso.append(sign)
                        .append(Integer.parseInt(m.group(7)))
                        .append(fraction)
                        .append('S');
            }
            if (iso.charAt(iso.length() - 1) == 'T') {
                iso.setLength(iso.length() - 1);
            }
        }
        return iso.length() == 1 ? "PT0S" : iso.toString();
    }

    private static void append(StringBuilder iso, String sign, String number, char unit) {
        long value = number == null ? 0 : Long.parseLong(number);
        if (value != 0) {
            iso.append(sign).append(value).append(unit);
        }
    }

    /**
     * Converts an array to JSON: numbers with all digits, booleans and nested JSON as such, everything else as PostgreSQL's
     * text.
     *
     * @param type the array's type name, such as {@code _int4}
     */
    static String arrayToJson(String text, String type) {
        return text == null ? null : new ArrayParser(text, type).toJson();
    }

    private static final class ArrayParser {

        private final String text;
        private final String type;
        private final char delimiter;
        private final StringBuilder json = new StringBuilder();
        private int at;

        ArrayParser(String text, String type) {
            this.text = text;
            this.type = type;
            this.delimiter = type.equals("_box") ? ';' : ',';
            this.at = text.startsWith("[") ? text.indexOf('=') + 1 : 0; // bounds, as in [0:1]={1,2}
        }

        String toJson() {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '{') {
                    json.append('[');
                    at++;
                } else if (c == '}') {
                    json.append(']');
                    at++;
                } else if (c == delimiter) {
                    json.append(',');
                    at++;
                } else if (c == '"') {
                    element(quoted());
                } else {
                    String word = word();
                    if (word.equals("NULL")) {
                        json.append("null");
                    } else {
                        element(word);
                    }
                }
            }
            return json.toString();
        }

        private String quoted() {
            StringBuilder value = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                if (text.charAt(at) == '\\') {
                    at++;
                }
                value.append(text.charAt(at));
            }
            at++;
            return value.toString();
        }

        private String word() {
            int start = at;
            while (text.charAt(at) != delimiter && text.charAt(at) != '}') {
                at++;
            }
            return text.substring(start, at);
        }

        private void element(String value) {
            boolean number =
                    NUMBERS.contains(type) && JSON_NUMBER.matcher(value).matches();
            if (number || type.equals("_json") || type.equals("_jsonb")) {
                json.append(value);
            } else if (type.equals("_bool")) {
                json.append(value.startsWith("t"));
            } else {
                json.append('"')
                        .append(JsonStringEncoder.getInstance().quoteAsString(value))
                        .append('"');
            }
        }
    }
}
