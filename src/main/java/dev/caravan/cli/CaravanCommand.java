package dev.caravan.cli;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.JdbiException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command {@code caravan} and its subcommands. */
@Command(
        name = "caravan",
        description = "Batch data ingestion as Apache Camel routes, in one Java process.",
        versionProvider = CaravanCommand.Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan demo                          run everything on local services",
            "  caravan ls                            list the pipelines and their next runs",
            "  caravan run products-daily            run a pipeline once",
            "  caravan runs ls --state failed        list failed runs",
            "  caravan sql \"SELECT * FROM DLT.OPEN_EXCHANGE_RATES.CURRENCIES LIMIT 5\"",
            "  caravan serve                         run the pipelines on their schedules",
            "",
            "Exit codes: 0 success, 1 failure, 2 usage error."
        })
public final class CaravanCommand implements Runnable {

    /** A command's name is that of its class, {@code run} for {@code RunCommand}. */
    private static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            ServeCommand.class,
            RunCommand.class,
            LsCommand.class,
            InspectCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            RunsCommand.class,
            SlotsCommand.class,
            AlertsCommand.class,
            NodesCommand.class,
            ResetCommand.class,
            SqlCommand.class,
            InfraCommand.class,
            DoctorCommand.class,
            VerifyCommand.class,
            CostCommand.class,
            ManifestCommand.class);

    @Spec
    private CommandLine.Model.CommandSpec spec;

    /** The command line, ready to execute these arguments. */
    public static CommandLine commandLine(String... args) {
        CommandLine line = new CommandLine(new CaravanCommand());
        // reading the options of all commands takes longer than many a command
        commands(args.length == 0 ? "" : args[0]).forEach(line::addSubcommand);
        return line.setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .setOut(new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true))
                .setErr(new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8), true))
                .setExecutionExceptionHandler(CaravanCommand::explain);
    }

    /** Returns the command of this name; all of them if there is none, for the help and for suggestions. */
    private static List<Class<?>> commands(String name) {
        List<Class<?>> named = COMMANDS.stream()
                .filter(command ->
                        command.getSimpleName().toLowerCase(Locale.ROOT).equals(name + "command"))
                .toList();
        return named.isEmpty() ? COMMANDS : named;
    }

    /** Prints one sentence for what a user or operator can fix, and a stack trace for bugs. */
    private static int explain(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        boolean expected = failure instanceof PermanentException
                || failure instanceof TransientException
                || failure instanceof JdbiException
                || failure instanceof UncheckedIOException;
        StringWriter text = new StringWriter().append("caravan: ").append(message(failure));
        if (!expected || Boolean.getBoolean("caravan.debug")) {
            text.append('\n');
            failure.printStackTrace(new PrintWriter(text, true));
        }
        err.println(text.toString().stripTrailing()); // at once: a log of JSON makes one line of it
        err.flush();
        return failure instanceof UsageException ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }

    private static String message(Exception failure) {
        if (failure instanceof JdbiException) {
            return "Cannot access the ledger: " + Errors.describe(failure)
                    + ". Check that its database is running and that its disk is not full";
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** Prints the usage if no command is given. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = CaravanCommand.class.getPackage().getImplementationVersion();
            return new String[] {"caravan " + (version == null ? "(not packaged)" : version)};
        }
    }
}
