package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.run.UsageException;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Function;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all commands share; starts the application and prints. */
final class CommandContext {

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            defaultValue = "${env:CARAVAN_PROFILE:-local}",
            description = "Use application-NAME.properties in addition to application.properties (default: local).")
    private String profile;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "Output format: table or json (default: table).")
    private Output.Format format;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Starts the application with the valid route files, and reports the others. */
    Application start(Extent extent) {
        return start(extent, (String) null);
    }

    /** Starts the application for one pipeline, whose file must be valid; null for all pipelines. */
    Application start(Extent extent, String pipeline) {
        return start(extent, application -> pipeline);
    }

    /** Starts the application for a pipeline that is only known after the start. */
    Application start(Extent extent, Function<Application, String> pipeline) {
        Application application = Application.start(profile(), extent);
        try {
            String name = pipeline.apply(application);
            if (name != null) {
                application.require(name);
            }
        } catch (RuntimeException e) {
            application.close();
            throw e;
        }
        application.logBroken();
        return application;
    }

    /** Starts the application with only warnings and errors in the log, for commands that run nothing. */
    Application startQuietly(Extent extent) {
        return startQuietly(extent, null);
    }

    /** Does the same for one pipeline. */
    Application startQuietly(Extent extent, String pipeline) {
        Configurator.setLevel("dev.caravan", Level.WARN);
        return start(extent, pipeline);
    }

    /** Returns the profile; an empty environment variable counts as not set. */
    String profile() {
        return profile.isBlank() ? Application.LOCAL : profile;
    }

    /**
     * Sets the profile of a command that works in one profile only, whatever the environment says.
     *
     * @throws UsageException if the command line names another one
     */
    void requireProfile(String name) {
        if (command.commandLine().getParseResult().hasMatchedOption("--profile") && !profile.equals(name)) {
            throw new UsageException("caravan " + command.name() + " works only in the profile " + name + ": remove"
                    + " --profile " + profile + ".");
        }
        profile = name;
    }

    Output output() {
        return new Output(format, command.commandLine().getOut());
    }

    /** Returns whether the output is JSON. */
    boolean isJson() {
        return format == Output.Format.json;
    }

    /** Prints data that has its own format, such as SQL. */
    void print(List<String> lines) {
        PrintWriter out = command.commandLine().getOut();
        lines.forEach(out::println);
        out.flush();
    }

    /** Returns stderr, for progress and remarks; stdout has only data. */
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    void info(String text) {
        err().println(text);
        err().flush();
    }
}
