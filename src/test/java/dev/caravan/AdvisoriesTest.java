package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The libraries that are resolved, against the advisories that {@code docs/security.md} lists. */
class AdvisoriesTest {

    private static final Pattern LINE = Pattern.compile("(?m)^\\| ([a-z][\\w.-]*) \\| [^|]* \\| ([\\d.]+) \\| ");

    @Test
    void noLibraryIsOlderThanTheFixOfAnAdvisory() throws IOException {
        List<MatchResult> advisories = LINE.matcher(Files.readString(Path.of("docs/security.md")))
                .results()
                .toList();
        assertThat(advisories).hasSizeGreaterThanOrEqualTo(6);
        for (MatchResult advisory : advisories) {
            String library = advisory.group(1);
            Version fixed = Version.parse(advisory.group(2));
            assertThat(resolved(library))
                    .as(library + " has to be " + fixed + " or newer")
                    .isNotEmpty()
                    .allMatch(version -> version.compareTo(fixed) >= 0);
        }
    }

    private static List<Version> resolved(String library) {
        Pattern jar = Pattern.compile("[/\\\\]" + Pattern.quote(library) + "-(\\d[\\d.]*?)(?:\\.Final)?\\.jar$");
        return Pattern.compile(Pattern.quote(File.pathSeparator))
                .splitAsStream(System.getProperty("java.class.path"))
                .map(jar::matcher)
                .filter(Matcher::find)
                .map(found -> Version.parse(found.group(1)))
                .toList();
    }
}
