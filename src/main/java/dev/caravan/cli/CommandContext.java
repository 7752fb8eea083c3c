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

/** The options that all commands share, and what they lead to. */
final class CommandContext {

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            defaultValue = "${env:CARAVAN_PROFILE:-local}",
            description = "Which application-NAME.properties to use beside application.properties (default: local).")
    private String profile;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "How to print data: table or json (default: table).")
    private Output.Format format;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Starts with the route files that are right, and tells of the others. */
    Application start(Extent extent) {
        return start(extent, (String) null);
    }

    /** Starts for a pipeline, which must not be in a file with a mistake; null if it is for no single one. */
    Application start(Extent extent, String pipeline) {
        return start(extent, application -> pipeline);
    }

    /** Starts for a pipeline that is only known then. */
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
        application.tellBroken();
        return application;
    }

    /** For commands that only look or switch: what they print says it all, so the log tells of trouble only. */
    Application startQuietly(Extent extent) {
        return startQuietly(extent, null);
    }

    /** The same for a pipeline. */
    Application startQuietly(Extent extent, String pipeline) {
        Configurator.setLevel("dev.caravan", Level.WARN);
        return start(extent, pipeline);
    }

    /** The profile; an environment variable that is set to nothing is not set. */
    String profile() {
        return profile.isBlank() ? Application.LOCAL : profile;
    }

    /**
     * For a command that has a profile of its own, whatever the environment says.
     *
     * @throws UsageException if the command line asks for another one
     */
    void insistOnProfile(String name) {
        if (command.commandLine().getParseResult().hasMatchedOption("--profile") && !profile.equals(name)) {
            throw new UsageException("caravan " + command.name() + " works in the profile " + name + " only: leave out"
                    + " --profile " + profile + ".");
        }
        profile = name;
    }

    Output output() {
        return new Output(format, command.commandLine().getOut());
    }

    /** Whether programs read what is printed. */
    boolean isJson() {
        return format == Output.Format.json;
    }

    /** For data that is text in a language of its own. */
    void print(List<String> lines) {
        PrintWriter out = command.commandLine().getOut();
        lines.forEach(out::println);
        out.flush();
    }

    /** For progress and remarks: stderr, so that stdout holds nothing but data. */
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    void say(String text) {
        err().println(text);
        err().flush();
    }
}
