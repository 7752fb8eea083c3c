package dev.caravan.secrets;

import dev.caravan.run.Secrets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.component.properties.DefaultPropertiesParser;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.component.properties.PropertiesLookup;
import org.apache.camel.util.IOHelper;

/**
 * Passes the values of secrets on verbatim, even if they contain <code>{{</code> or <code>}}</code>, which Camel takes for
 * placeholders, and does not quote the value of an invalid placeholder.
 *
 * <p>The value of a setting with the name of a secret is a reference only if it is a single placeholder:
 * <code>{{aws:SECRET#FIELD}}</code>, or <code>{{NAME}}</code> of another setting.
 */
public final class VerbatimSecrets extends DefaultPropertiesParser {

    /** Replace braces while Camel resolves placeholders; Unicode noncharacters, which no text contains. */
    private static final char OPEN = '\uFDD0';

    private static final char CLOSE = '\uFDD1';

    private static final Pattern REFERENCE = Pattern.compile("\\{\\{\\??([^{}:]+)((:.*)?)}}", Pattern.DOTALL);
    private static final Pattern QUOTED_TEXT =
            Pattern.compile(",? (?:in properties )?from (?:the )?(?:text|input): .*", Pattern.DOTALL);

    private final Set<String> verbatim = ConcurrentHashMap.newKeySet();

    public VerbatimSecrets(PropertiesComponent settings) {
        super(settings);
    }

    @Override
    public String parseUri(String text, PropertiesLookup lookup, boolean fallback, boolean optional, boolean nested) {
        // Camel resolves a resolved value again, and adds closing braces
        String known = verbatim.contains(text) ? text : text.replaceFirst("}}$", "");
        if (verbatim.contains(known)) {
            return escaped(known);
        }
        String parsed;
        try {
            parsed = super.parseUri(text, lookup, fallback, optional, nested);
        } catch (IllegalArgumentException e) {
            throw withoutText(e);
        }
        if (parsed == null || (parsed.indexOf(OPEN) < 0 && parsed.indexOf(CLOSE) < 0)) {
            return parsed;
        }
        String value = parsed.replace(OPEN, '{').replace(CLOSE, '}');
        verbatim.add(value);
        return escaped(value);
    }

    /** Escapes the backslash that Camel removes before two braces. */
    private static String escaped(String value) {
        return value.replace("\\{{", "\\\\{{").replace("\\}}", "\\\\}}");
    }

    /** Removes the text that Camel quotes, which can be a secret. */
    private static IllegalArgumentException withoutText(IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        Matcher quoted = QUOTED_TEXT.matcher(message);
        return quoted.find() && e.getClass() == IllegalArgumentException.class
                ? new IllegalArgumentException(quoted.replaceFirst(""))
                : e;
    }

    @Override
    public String parseProperty(String key, String value, PropertiesLookup lookup) {
        return value != null && Secrets.isSecretName(key) && !isReference(key, value, lookup)
                ? verbatim(value)
                : super.parseProperty(key, value, lookup);
    }

    /** Protects a value from being resolved. */
    static String verbatim(String value) {
        return value.replace('{', OPEN).replace('}', CLOSE);
    }

    private boolean isReference(String key, String value, PropertiesLookup lookup) {
        Matcher reference = REFERENCE.matcher(value.strip());
        if (!reference.matches()) {
            return false;
        }
        String name = reference.group(1);
        boolean known = (lookup != null && lookup.lookup(name, null) != null)
                || IOHelper.lookupEnvironmentVariable(name) != null
                || getPropertiesComponent().getPropertiesFunction(name) != null;
        // a placeholder in a file is meant as one, and a mistake in it is reported
        return known || !value.equals(IOHelper.lookupEnvironmentVariable(key));
    }
}
