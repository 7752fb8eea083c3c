package dev.caravan.run;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The name that somebody may have meant who wrote another one. */
public final class Suggestion {

    private Suggestion() {}

    /** ". Did you mean NAME?", to end a sentence with, or nothing if no name is near. */
    public static String didYouMean(String written, Collection<String> names) {
        return nearest(written, names)
                .map(name -> ". Did you mean " + name + "?")
                .orElse("");
    }

    /** The nearest of some names, if one differs in few letters only. */
    public static Optional<String> nearest(String written, Collection<String> names) {
        String given = written.toLowerCase(Locale.ROOT);
        return names.stream()
                .filter(name -> distance(given, name.toLowerCase(Locale.ROOT)) <= tolerated(given, name))
                .min(Comparator.comparingInt((String name) -> distance(given, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** A name that begins alike may differ in one letter more. */
    private static int tolerated(String given, String name) {
        int tolerated = (Math.max(given.length(), name.length()) + 1) / 3;
        return given.length() > 3 && name.toLowerCase(Locale.ROOT).startsWith(given.substring(0, 4))
                ? tolerated + 1
                : tolerated;
    }

    /** How many letters have to be changed, added, left out, or swapped with the next one. */
    private static int distance(String one, String other) {
        int[][] distances = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    distances[i][j] = i + j;
                    continue;
                }
                int changed = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                int best = Math.min(
                        distances[i - 1][j - 1] + changed, 1 + Math.min(distances[i - 1][j], distances[i][j - 1]));
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    best = Math.min(best, distances[i - 2][j - 2] + 1);
                }
                distances[i][j] = best;
            }
        }
        return distances[one.length()][other.length()];
    }
}
