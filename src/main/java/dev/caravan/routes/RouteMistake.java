package dev.caravan.routes;

import dev.caravan.run.UsageException;

/** A mistake in a route file. Its message begins with the file and the line. */
public final class RouteMistake extends UsageException {

    private final String file;

    RouteMistake(String file, int line, String mistake) {
        this(file, line, mistake, null);
    }

    /**
     * A mistake at a line.
     *
     * @param line from 1 on; 0 if it is not known
     */
    RouteMistake(String file, int line, String mistake, Throwable cause) {
        super(file + (line > 0 ? ", line " + line : "") + ": " + mistake, cause);
        this.file = file;
    }

    /** The file as it is found from the working directory. */
    public String file() {
        return file;
    }
}
