package dev.caravan.snowflake.fake;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A token of Snowflake's SQL.
 *
 * @param text as it is written
 * @param value the meaning: a word in upper case, a quoted name or string without quotes
 * @param start the position in the statement
 */
record Token(Kind kind, String text, String value, int start) {

    enum Kind {
        WORD,
        QUOTED,
        STRING,
        NUMBER,
        /** {@code $1} */
        POSITION,
        BIND,
        /** {@code @stage/path} */
        STAGE,
        SYMBOL
    }

    private static final Pattern TOKEN = Pattern.compile(
            "(?<skip>\\s+|--[^\\n]*|/\\*.*?\\*/)"
                    + "|'(?<string>(?:[^'\\\\]++|''|\\\\.)*+)'"
                    + "|\\$\\$(?<raw>.*?)\\$\\$"
                    + "|\"(?<quoted>(?:[^\"]++|\"\")*+)\""
                    + "|(?<number>(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?)"
                    + "|(?<position>\\$\\d+)"
                    + "|(?<word>[\\p{L}_][\\p{L}\\p{N}_$]*)"
                    + "|(?<stage>@(?:\"(?:[^\"]|\"\")*\"|[^\\s,;()'\"])+)"
                    + "|(?<bind>\\?)"
                    + "|(?<symbol>::|=>|<=|>=|<>|!=|\\|\\||->>|->|[-+*/%<>=(),.;:\\[\\]{}|&^~!])",
            Pattern.DOTALL);

    private static final Pattern ESCAPE =
            Pattern.compile("\\\\(?:x(\\p{XDigit}{2})|u(\\p{XDigit}{4})|(.))|''", Pattern.DOTALL);

    /** Tokenizes a statement, without a final semicolon. */
    static List<Token> of(String sql) {
        List<Token> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(sql);
        int at = 0;
        while (at < sql.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                String rest = sql.substring(at, Math.min(at + 20, sql.length()));
                throw new StatementError(
                        1003,
                        "42000",
                        "SQL compilation error:\nparse error near '" + rest + "' at position " + at + ".");
            }
            if (matcher.group("skip") == null) {
                tokens.add(token(matcher));
            }
            at = matcher.end();
        }
        while (!tokens.isEmpty() && tokens.get(tokens.size() - 1).is(";")) {
            tokens.remove(tokens.size() - 1);
        }
        return tokens;
    }

    private static Token token(Matcher matcher) {
        String text = matcher.group();
        int start = matcher.start();
        if (matcher.group("string") != null) {
            return new Token(Kind.STRING, text, unescape(matcher.group("string")), start);
        } else if (matcher.group("raw") != null) {
            return new Token(Kind.STRING, text, matcher.group("raw"), start);
        } else if (matcher.group("quoted") != null) {
            return new Token(Kind.QUOTED, text, matcher.group("quoted").replace("\"\"", "\""), start);
        } else if (matcher.group("word") != null) {
            return new Token(Kind.WORD, text, text.toUpperCase(Locale.ROOT), start);
        }
        Kind kind = matcher.group("number") != null
                ? Kind.NUMBER
                : matcher.group("position") != null
                        ? Kind.POSITION
                        : matcher.group("stage") != null
                                ? Kind.STAGE
                                : matcher.group("bind") != null ? Kind.BIND : Kind.SYMBOL;
        return new Token(kind, text, text, start);
    }

    private static String unescape(String text) {
        return ESCAPE.matcher(text).replaceAll(found -> {
            String character = found.group(3);
            if (found.group(1) != null || found.group(2) != null) {
                String hex = found.group(1) != null ? found.group(1) : found.group(2);
                character = String.valueOf((char) Integer.parseInt(hex, 16));
            } else if (character == null) {
                character = "'";
            } else {
                int special = "ntrbf0".indexOf(character);
                character = special < 0 ? character : String.valueOf("\n\t\r\b\f\0".charAt(special));
            }
            return Matcher.quoteReplacement(character);
        });
    }

    /** Returns whether this is one of the keywords or symbols. */
    boolean is(String... words) {
        return (kind == Kind.WORD || kind == Kind.SYMBOL)
                && Arrays.asList(words).contains(value);
    }

    boolean isName() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }

    int end() {
        return start + text.length();
    }
}
