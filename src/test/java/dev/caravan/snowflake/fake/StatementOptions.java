package dev.caravan.snowflake.fake;

import dev.caravan.snowflake.fake.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses the options of statements: {@code NAME = value}, {@code NAME = ('a', 'b')}, {@code NAME = (OTHER = value)}. */
final class StatementOptions {

    private StatementOptions() {}

    /** Parses options from a position: strings, lists, or nested options, by name in upper case. */
    static Map<String, Object> parse(List<Token> tokens, int start) {
        Map<String, Object> settings = new LinkedHashMap<>();
        int at = start;
        while (at < tokens.size()) {
            if (tokens.get(at).is(",")) {
                at++;
                continue;
            }
            Token name = tokens.get(at);
            if (name.kind() != Kind.WORD
                    || at + 2 >= tokens.size()
                    || !tokens.get(at + 1).is("=")) {
                throw StatementError.syntax(
                        "syntax error line 1 at position " + name.start() + " unexpected '" + name.text() + "'.");
            }
            at += 2;
            if (tokens.get(at).is("(")) {
                int end = close(tokens, at);
                settings.put(name.value(), inside(tokens.subList(at + 1, end)));
                at = end + 1;
            } else {
                StringBuilder value = new StringBuilder(tokens.get(at).value());
                while (at + 1 < tokens.size() && tokens.get(at + 1).is(".")) {
                    value.append('.').append(tokens.get(at + 2).value());
                    at += 2;
                }
                settings.put(name.value(), value.toString());
                at++;
            }
        }
        return settings;
    }

    private static Object inside(List<Token> tokens) {
        if (tokens.size() > 1 && tokens.get(1).is("=")) {
            return parse(tokens, 0);
        }
        List<String> list = new ArrayList<>();
        tokens.stream().filter(token -> !token.is(",")).map(Token::value).forEach(list::add);
        return list;
    }

    /** Returns the position of the closing parenthesis. */
    static int close(List<Token> tokens, int open) {
        int depth = 0;
        for (int i = open; i < tokens.size(); i++) {
            depth += tokens.get(i).is("(") ? 1 : tokens.get(i).is(")") ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw StatementError.syntax("syntax error: ')' is missing.");
    }

    /** Returns nested options, or an empty map. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> group(Map<String, Object> settings, String name) {
        return settings.get(name) instanceof Map<?, ?> group ? (Map<String, Object>) group : Map.of();
    }
}
