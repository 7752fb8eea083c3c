package dev.caravan.routes;

import dev.caravan.run.UsageException;

/** A mistake in a route file. The message begins with the file and the line. */
public final class RouteMistake extends UsageException {

    private final String file;

    RouteMistake(String file, int line, String mistake) {
        this(file, line, mistake, null);
    }

    /**
     * Creates a mistake at a line.
     *
     * @param line from 1; 0 if unknown
     */
    RouteMistake(String file, int line, String mistake, Throwable cause) {
        super(file + (line > 0 ? ", line " + line : "") + ": " + mistake, cause);
        this.file = file;
    }

    /** Returns the file, relative to the working directory. */
    public String file() {
        return file;
    }
}
