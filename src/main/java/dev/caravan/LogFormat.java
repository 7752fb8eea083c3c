package dev.caravan;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;

/** The setting {@code caravan.log.format}, which is needed before Camel reads the settings. */
final class LogFormat {

    private static final String SETTING = "caravan.log.format";
    private static final String PROFILE = "--profile";

    private LogFormat() {}

    /**
     * Whether a command logs JSON.
     *
     * @throws UsageException if the setting is neither text nor json
     */
    static boolean isJson(String... args) {
        String format = Stream.of(System.getProperty(SETTING), System.getenv("CARAVAN_LOG_FORMAT"))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseGet(() -> ofFiles(profile(args)))
                .strip();
        return switch (format) {
            case "json" -> true;
            case "text", "" -> false;
            default -> throw new UsageException(SETTING + " must be text or json, not " + format);
        };
    }

    private static String profile(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals(PROFILE) && i + 1 < args.length) {
                return args[i + 1];
            } else if (args[i].startsWith(PROFILE + "=")) {
                return args[i].substring(PROFILE.length() + 1);
            }
        }
        String profile = System.getenv("CARAVAN_PROFILE");
        return profile == null || profile.isBlank() ? Application.LOCAL : profile;
    }

    private static String ofFiles(String profile) {
        for (String name : List.of("application-" + profile + ".properties", "application.properties")) {
            Path file = Path.of(name);
            if (Files.isRegularFile(file)) {
                try (Reader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
                    Properties settings = new Properties();
                    settings.load(reader);
                    String value = settings.getProperty(SETTING);
                    if (value != null) {
                        return value;
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (IllegalArgumentException e) {
                    return ""; // the command reports the mistake in the file
                }
            }
        }
        return "";
    }
}
