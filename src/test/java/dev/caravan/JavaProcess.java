package dev.caravan;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Another Java process, with the class path of the tests. */
public final class JavaProcess {

    /** The {@code java} that runs the tests. */
    public static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** What the processes log. The forks of the tests must not inherit it: they talk to Maven through these streams. */
    private static final Redirect LOG = Redirect.appendTo(new File("target/test-processes.log"));

    /** Absolute, for processes that work in another directory. */
    private static final String CLASS_PATH = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> new File(entry).getAbsolutePath())
            .collect(Collectors.joining(File.pathSeparator));

    private JavaProcess() {}

    /** A process that runs a class; what it writes to stderr goes to {@code target/test-processes.log}. */
    public static ProcessBuilder of(Class<?> main, List<String> jvmOptions, String... arguments) {
        List<String> command = new ArrayList<>(List.of(JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", CLASS_PATH, main.getName()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command).redirectError(LOG);
    }
}
