package dev.caravan;

import dev.caravan.cli.CaravanCommand;
import dev.caravan.run.UsageException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.TimeZone;
import picocli.CommandLine;

/** The command line's entry point. */
public final class Caravan {

    private Caravan() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        // output, and times without a zone, are the same on every machine
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Locale.setDefault(Locale.ROOT);
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        try {
            Stderr.install(LogFormat.isJson(args));
        } catch (UsageException e) {
            Stderr.install(false);
            System.err.println("caravan: " + e.getMessage());
            System.exit(CommandLine.ExitCode.USAGE);
        }
        for (String arg : args) {
            if (arg.indexOf('\uFFFD') >= 0) {
                System.err.println("caravan: The shell's locale cannot represent the argument " + arg
                        + ": set LC_ALL=C.UTF-8, or use the launcher ./caravan.");
                System.exit(CommandLine.ExitCode.USAGE);
            }
        }
        HeadStart.begin(args);
        CommandLine command = CaravanCommand.commandLine(args);
        HeadStart.awaitLogging();
        System.exit(command.execute(args));
    }
}
