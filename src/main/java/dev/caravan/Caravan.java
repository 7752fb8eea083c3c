package dev.caravan;

import dev.caravan.cli.CaravanCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.TimeZone;

/** The command line's entry point. */
public final class Caravan {

    private Caravan() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        // what is printed, and times without a zone, mean the same on every machine
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Locale.setDefault(Locale.ROOT);
        System.setOut(utf8(FileDescriptor.out));
        System.setErr(utf8(FileDescriptor.err));
        System.exit(CaravanCommand.commandLine().execute(args));
    }

    private static PrintStream utf8(FileDescriptor file) {
        return new PrintStream(new FileOutputStream(file), true, StandardCharsets.UTF_8);
    }
}
