package dev.caravan.snowflake.fake;

import dev.caravan.snowflake.fake.Token.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements that Caravan sends, from the page that lists them: each is in a block of SQL below a link to the page of
 * Snowflake's documentation it follows.
 *
 * <p>In a statement {@code <name>} stands for one name, value, type or stage, and {@code <names...>} for anything of at least
 * one word whose parentheses are balanced. {@code [ ... ]} may be missing. Case and white space do not matter.
 */
public final class StatementCatalog {

    /** The page of this project. */
    public static final Path PAGE = Path.of("docs/snowflake-statements.md");

    private static final Pattern BLOCK =
            Pattern.compile("(?m)^```sql\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern LINK = Pattern.compile("https://docs\\.snowflake\\.com/en/\\S+");
    private static final Pattern PLACEHOLDER = Pattern.compile("<([a-z][a-z0-9 -]*)(\\.\\.\\.)?>");

    /** Placeholders as the tokenizer reads them. */
    private static final String ONE = "$ONE$";

    private static final String MANY = "$MANY$";

    private final Path page;
    private final List<Template> templates = new ArrayList<>();

    private record Template(String text, List<Token> tokens) {}

    private StatementCatalog(Path page, String text) {
        this.page = page;
        Matcher block = BLOCK.matcher(text);
        int end = 0;
        while (block.find()) {
            String between = text.substring(end, block.start());
            if (!LINK.matcher(between).find()) {
                throw new IllegalStateException(
                        page + ": no page of Snowflake's documentation is named before\n" + block.group(1));
            }
            end = block.end();
            for (String statement : block.group(1).split(";\\s*(?:\\n|$)", -1)) {
                if (!statement.isBlank()) {
                    templates.add(template(statement.strip()));
                }
            }
        }
    }

    private static Template template(String statement) {
        String marked = PLACEHOLDER
                .matcher(statement)
                .replaceAll(found -> Matcher.quoteReplacement(" _" + (found.group(2) == null ? ONE : MANY) + " "));
        return new Template(statement, Token.of(marked.replaceAll("@\\s+_\\$ONE\\$", " _\\$ONE\\$")));
    }

    /** Reads a page. */
    public static StatementCatalog read(Path page) {
        try {
            return new StatementCatalog(page, Files.readString(page));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses a page, for tests of this class. */
    static StatementCatalog of(String text) {
        return new StatementCatalog(PAGE, text);
    }

    /** Returns the templates as written. */
    List<String> statements() {
        return templates.stream().map(Template::text).toList();
    }

    /** Throws if a statement is not listed. */
    void check(String sql) {
        List<Token> tokens = Token.of(sql);
        if (templates.stream().noneMatch(template -> matches(template.tokens(), 0, tokens, 0))) {
            throw new StatementError(
                    2,
                    "0A000",
                    "This statement is not listed in " + page
                            + "; list it there, with the page of Snowflake's documentation" + " that it follows: "
                            + sql);
        }
    }

    private static boolean matches(List<Token> template, int t, List<Token> tokens, int s) {
        if (t == template.size()) {
            return s == tokens.size();
        }
        Token expected = template.get(t);
        if (expected.is("[")) {
            int close = t;
            for (int depth = 0; close < template.size(); close++) {
                depth += template.get(close).is("[") ? 1 : template.get(close).is("]") ? -1 : 0;
                if (depth == 0) {
                    break;
                }
            }
            List<Token> with = new ArrayList<>(template.subList(t + 1, close));
            List<Token> rest = template.subList(close + 1, template.size());
            with.addAll(rest);
            return matches(with, 0, tokens, s) || matches(rest, 0, tokens, s);
        }
        if (s == tokens.size()) {
            return false;
        }
        if (isMark(expected, MANY)) {
            int depth = 0;
            for (int end = s; end < tokens.size(); end++) {
                depth += tokens.get(end).is("(") ? 1 : tokens.get(end).is(")") ? -1 : 0;
                if (depth < 0) {
                    return false;
                } else if (depth == 0 && matches(template, t + 1, tokens, end + 1)) {
                    return true;
                }
            }
            return false;
        } else if (isMark(expected, ONE)) {
            int end = one(tokens, s);
            return end > s && matches(template, t + 1, tokens, end);
        }
        Token actual = tokens.get(s);
        boolean same = expected.kind() == actual.kind() && expected.value().equals(actual.value());
        return same && matches(template, t + 1, tokens, s + 1);
    }

    private static boolean isMark(Token token, String mark) {
        return token.kind() == Kind.WORD && token.value().equals("_" + mark);
    }

    /** Returns the end of one name, value, type or stage. */
    private static int one(List<Token> tokens, int start) {
        Token first = tokens.get(start);
        if (first.is("-", "+")
                && start + 1 < tokens.size()
                && tokens.get(start + 1).kind() == Kind.NUMBER) {
            return start + 2;
        } else if (first.isName()) {
            int end = start + 2 * SqlTranslator.nameAt(tokens, start).size() - 1;
            boolean type = end < tokens.size() && tokens.get(end).is("(") && FakeTypes.isType(first.value());
            return type ? StatementOptions.close(tokens, end) + 1 : end;
        }
        return first.kind() == Kind.SYMBOL ? start : start + 1;
    }
}
