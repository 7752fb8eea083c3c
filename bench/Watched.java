package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One process and its descendants, from start to end: wall time, CPU and memory. */
final class Watched {

    // the shell's times are those of all descendants that have ended, to the last one
    private static final List<String> SHELL =
            List.of("sh", "-c", "times=$1; shift; \"$@\"; code=$?; times >\"$times\"; exit $code", "sh");
    private static final Pattern TIME = Pattern.compile("(\\d+)m([0-9.]+)s");

    final int code;
    /** Seconds from the start of the process to its end. */
    final double wall;
    /** Seconds of CPU, user and system, of all processes. */
    final double cpu;
    /** The highest sum of resident bytes, and of those that no file backs. */
    private long peak;

    private long peakAnonymous;
    private long peakThreads;

    /**
     * Runs a command to its end, or for a quarter of an hour.
     *
     * @param enough asked every fifth of a second; the command is ended (SIGTERM) when it is true
     * @param output what the command writes to stdout and, with {@code .err} added, to stderr
     */
    Watched(Path directory, Map<String, String> environment, List<String> command, Path output, BooleanSupplier enough)
            throws Exception {
        Path times = output.resolveSibling(output.getFileName() + ".times");
        List<String> line = new ArrayList<>(SHELL);
        line.add(times.toString());
        line.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectError(errors(output).toFile())
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        long begin = System.nanoTime();
        Process process = builder.start();
        Thread watcher = new Thread(() -> watch(process, enough));
        watcher.start();
        code = process.waitFor();
        wall = (System.nanoTime() - begin) / 1e9;
        watcher.join();
        double seconds = 0;
        Matcher time = TIME.matcher(Files.readString(times));
        while (time.find()) {
            seconds += Integer.parseInt(time.group(1)) * 60 + Double.parseDouble(time.group(2));
        }
        cpu = seconds;
        Files.delete(times);
    }

    static Path errors(Path output) {
        return output.resolveSibling(output.getFileName() + ".err");
    }

    long peakMegabytes() {
        return peak >> 10;
    }

    long peakAnonymousMegabytes() {
        return peakAnonymous >> 10;
    }

    long peakThreads() {
        return peakThreads;
    }

    private void watch(Process process, BooleanSupplier enough) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(15);
        try {
            for (int i = 1; process.isAlive(); i++) {
                if (end > 0 && i % 10 == 0 && (System.nanoTime() > end || enough.getAsBoolean())) {
                    process.descendants().forEach(ProcessHandle::destroy);
                    end = 0;
                }
                long resident = 0;
                long anonymous = 0;
                long threads = 0;
                try (Stream<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())) {
                    for (ProcessHandle one : (Iterable<ProcessHandle>) all::iterator) {
                        String status = status(one.pid());
                        resident += kilobytes(status, "VmRSS");
                        anonymous += kilobytes(status, "RssAnon");
                        threads += number(status, "Threads:\\s+(\\d+)");
                    }
                }
                peak = Math.max(peak, resident);
                peakAnonymous = Math.max(peakAnonymous, anonymous);
                peakThreads = Math.max(peakThreads, threads);
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String status(long pid) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(pid), "status"));
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    private static long kilobytes(String status, String name) {
        return number(status, name + ":\\s+(\\d+) kB");
    }

    private static long number(String status, String pattern) {
        Matcher value = Pattern.compile(pattern).matcher(status);
        return value.find() ? Long.parseLong(value.group(1)) : 0;
    }
}
