package dev.caravan.run;

import java.util.List;
import java.util.regex.Pattern;

/** Recognizes secrets, by the name of a setting and in text, and masks them. */
public final class Secrets {

    private static final String MASK = "xxxxxx";

    /** The end of such a name. Without its beginning, which would make matching quadratic in long texts. */
    private static final String NAME = "(?:passw(?:or)?d|passphrase|pwd|token|api[_-]?key|app[_-]?id|access[_-]?key"
            + "|private[_-]?key|(?:client|shared)[_-]?secret|secret[_-]?key|signature|credential|(?<![\\w.-])secret)";

    private static final Pattern SETTING = Pattern.compile("(?i)[\\w.-]*" + NAME);

    /** {@code password=...} in a URL or a list of parameters; a value may be quoted. */
    private static final Pattern PARAMETER =
            Pattern.compile("(?i)(" + NAME + "\\s?=\\s?[\"']?)(?!\\s)[^&;,\\s\"'<>)\\]}]+");

    /** {@code "password": "..."} in JSON. */
    private static final Pattern FIELD =
            Pattern.compile("(?i)(" + NAME + "\"\\s*:\\s*\")(?:[^\"\\\\]++|\\\\.){1,500}+");

    /** {@code //user:password@host}, and the same without slashes, as some drivers quote it. */
    private static final Pattern LOGIN =
            Pattern.compile("((?://|(?<![\\w/@:.%+-]))[\\w.%+-]*:)(?!//)[^\\s/@]{1,128}(?=@[\\w\\[])");

    private static final Pattern HEADER = Pattern.compile(
            "(?i)((?:authorization|x-api-key)\\s*[:=]\\s*(?:(?:basic|bearer|token|digest)\\s+)?)[^\\s,\\]}]+");

    private static final Pattern BEARER = Pattern.compile("(Bearer\\s+)[\\w.~+/=-]{8,}");

    /** The path of a web hook is its secret. */
    private static final Pattern WEB_HOOK =
            Pattern.compile("(?i)(https?://[^/\\s]{0,100}hook[^/\\s]{0,100}/)[^\\s\"']+");

    private static final Pattern PEM =
            Pattern.compile("(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\\s\\S]+?(?=-----END|\\z)");

    /**
     * A pattern whose first group stays.
     *
     * @param needs a part of every text that it matches
     */
    private record Rule(String needs, Pattern pattern) {}

    private static final List<Rule> RULES = List.of(
            new Rule("-----BEGIN", PEM),
            new Rule("", HEADER),
            new Rule("Bearer", BEARER),
            new Rule("\"", FIELD),
            new Rule("=", PARAMETER),
            new Rule("@", LOGIN),
            new Rule("://", WEB_HOOK));

    private Secrets() {}

    /** Returns whether a setting of this name holds a secret: {@code postgres.password}, {@code exchange-rates.api-key}. */
    public static boolean isSecretName(String setting) {
        return SETTING.matcher(setting).matches();
    }

    /** Masks the secrets in a text. */
    public static String mask(String text) {
        String masked = text;
        for (Rule rule : RULES) {
            // most lines of a log have none of these
            if (masked.contains(rule.needs())) {
                masked = rule.pattern().matcher(masked).replaceAll("$1" + MASK);
            }
        }
        return masked;
    }
}
