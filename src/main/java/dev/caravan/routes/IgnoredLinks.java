package dev.caravan.routes;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.util.AntPathMatcher;

/**
 * Finds the links by which route files are missing: those to a directory, as Camel does not follow them, and those to
 * nothing. Only what the include pattern would match counts; other links do no harm.
 */
final class IgnoredLinks extends SimpleFileVisitor<Path> {

    private static final String FILE = "file:";
    private static final String OPTIONAL = "?optional=true";
    private static final AntPathMatcher MATCHER = AntPathMatcher.INSTANCE;

    /** How many files behind a link are looked at: it may lead to a whole disk of data. */
    private static final int MOST = 10_000;

    private final Path root;
    private final String pattern;
    private final String[] exclusions;
    private final Set<Path> found = new TreeSet<>();
    private Path link; // to the directory that is being visited
    private int left;

    private IgnoredLinks(Path root, String pattern, String[] exclusions) {
        this.root = root;
        this.pattern = pattern;
        this.exclusions = exclusions;
    }

    /** Returns the links for a pattern of camel.main.routesIncludePattern, without what the exclusions match. */
    static Set<Path> find(String include, String[] exclusions) throws IOException {
        String location =
                include.endsWith(OPTIONAL) ? include.substring(0, include.length() - OPTIONAL.length()) : include;
        if (!location.startsWith(FILE) || !MATCHER.isPattern(location)) {
            return Set.of();
        }
        String root = MATCHER.determineRootDir(location);
        IgnoredLinks links =
                new IgnoredLinks(Path.of(root.substring(FILE.length())), location.substring(root.length()), exclusions);
        Files.walkFileTree(links.root, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, links);
        return links.found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
        if (!directory.equals(root) && (isHidden(directory) || !MATCHER.matchStart(pattern, name(directory)))) {
            return FileVisitResult.SKIP_SUBTREE;
        }
        boolean isLink = Files.isSymbolicLink(directory);
        if (link != null && (isLink || isDecided())) {
            return FileVisitResult.SKIP_SUBTREE;
        }
        if (isLink) {
            link = directory;
            left = MOST;
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        if (link != null && isDecided()) {
            return FileVisitResult.SKIP_SIBLINGS;
        }
        if (!isHidden(file) && MATCHER.match(pattern, name(file)) && !MATCHER.anyMatch(exclusions, FILE + file)) {
            if (attributes.isSymbolicLink()) { // links are followed: this one leads to nothing
                found.add(link == null ? file : link);
            } else if (link != null && attributes.isRegularFile()) {
                found.add(link);
            }
        }
        return FileVisitResult.CONTINUE;
    }

    /** Goes on: Camel has read all directories itself, and a link to a directory above adds no files. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException e) {
        if (directory.equals(link)) {
            link = null;
        }
        return FileVisitResult.CONTINUE;
    }

    private boolean isDecided() {
        left--;
        return left < 0 || found.contains(link);
    }

    private String name(Path path) {
        return root.relativize(path).toString().replace('\\', '/');
    }

    private static boolean isHidden(Path path) {
        return path.getFileName().toString().startsWith(".");
    }
}
