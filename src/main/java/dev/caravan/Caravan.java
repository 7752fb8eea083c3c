package dev.caravan;

import dev.caravan.cli.CaravanCommand;
import java.util.TimeZone;

/** The command line's entry point. */
public final class Caravan {

    private Caravan() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        // times without a zone mean the same on every machine
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        System.exit(CaravanCommand.commandLine().execute(args));
    }
}
