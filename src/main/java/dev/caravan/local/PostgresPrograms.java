package dev.caravan.local;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The PostgreSQL binaries, unpacked once from the archive on the class path. They do not run as root. */
final class PostgresPrograms {

    private static final int TIMEOUT_SECONDS = 60;

    /** Commands that run a program as another user than root, the best first. */
    static final List<List<String>> WAYS_OUT_OF_ROOT = List.of(
            List.of("unshare", "-U"),
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
            List.of("runuser", "-u", "nobody", "--"));

    private final Path bin;
    private final List<String> prefix;

    private PostgresPrograms(Path bin, List<String> prefix) {
        this.bin = bin;
        this.prefix = prefix;
    }

    /**
     * Returns the programs.
     *
     * @param directory to unpack them into
     */
    static PostgresPrograms in(Path directory) {
        return in(directory, WAYS_OUT_OF_ROOT);
    }

    static PostgresPrograms in(Path directory, List<List<String>> waysOutOfRoot) {
        try {
            Path bin = unpack(directory).resolve("bin");
            return new PostgresPrograms(
                    bin,
                    "root".equals(System.getProperty("user.name"))
                            ? unprivilegedCommand(bin, waysOutOfRoot)
                            : List.of());
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot unpack PostgreSQL in " + directory + ": " + e.getMessage(), e);
        }
    }

    private static Path unpack(Path directory) throws IOException {
        URL archive = archive();
        Path home = directory.resolve(Long.toHexString(
                ((JarURLConnection) archive.openConnection()).getJarEntry().getCrc()));
        if (Files.isDirectory(home)) {
            return home;
        }
        Path unfinished = Files.createTempDirectory(Files.createDirectories(directory), ".unpacking");
        try {
            unpack(archive, unfinished);
            Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            } // otherwise another process was faster
        } finally {
            LocalServices.delete(unfinished);
        }
        return home;
    }

    private static URL archive() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "darwin" : "linux";
        String machine = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
        String name = "postgres-" + system + "-" + machine + ".txz";
        URL archive = PostgresPrograms.class.getClassLoader().getResource(name);
        if (archive == null) {
            throw new UsageException("PostgreSQL for this machine (" + name + ") is not on the class path: build"
                    + " Caravan on this machine, or set the address of a PostgreSQL server");
        }
        return archive;
    }

    private static void unpack(URL archive, Path home) throws IOException {
        try (InputStream file = new BufferedInputStream(archive.openStream());
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(file))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = home.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                    continue;
                }
                Files.createDirectories(target.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, target);
                    if (target.getParent().endsWith("bin") && !target.toFile().setExecutable(true, false)) {
                        throw new IOException("Cannot make " + target + " executable");
                    }
                }
            }
        }
        if (!home.toFile().setExecutable(true, false) || !home.toFile().setReadable(true, false)) {
            throw new IOException("Cannot make " + home + " readable");
        }
    }

    private static List<String> unprivilegedCommand(Path bin, List<List<String>> ways) {
        for (List<String> way : ways) {
            if (succeeds(way, "sh", "-c", "test $(id -u) != 0 && id -un")) {
                if (!succeeds(way, bin.resolve("postgres").toString(), "--version")) {
                    throw new UsageException("PostgreSQL does not run as root, and user nobody may not read " + bin
                            + ": run Caravan as another user, or in a directory that everyone can read");
                }
                return way;
            }
        }
        throw new UsageException("PostgreSQL does not run as root, and none of unshare, setpriv and runuser works"
                + " here: run Caravan as another user, or set the address of a PostgreSQL server");
    }

    private static boolean succeeds(List<String> prefix, String... command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(all)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false; // the program is not installed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientException("Interrupted while starting PostgreSQL", e);
        }
    }

    /** Changes the owner of a directory's files to the user that runs the binaries. */
    void own(Path directory) {
        if (!prefix.isEmpty()) {
            String owner = prefix.get(0).equals("unshare") ? "0:0" : "65534:65534";
            // files vanish during chown while a program of a killed process still runs
            for (int tries = 3; !succeeds(List.of(), "chown", "-R", owner, directory.toString()); tries--) {
                if (tries == 1) {
                    throw new PermanentException(
                            "chown " + owner + " " + directory + " failed: PostgreSQL cannot use it");
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
            }
        }
    }

    /**
     * Runs a program and waits for its end.
     *
     * @param output the file for its output
     * @throws PermanentException if it fails
     */
    void run(Path output, String program, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(bin.resolve(program).toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        try {
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new PermanentException(program + " took longer than " + TIMEOUT_SECONDS + " s, see " + output);
            }
            if (process.exitValue() != 0) {
                String text = Files.readString(output).strip().replaceAll("\\s*\\R\\s*", "; ");
                throw new PermanentException(program + " failed: " + text);
            }
        } catch (IOException e) {
            throw new PermanentException("Cannot run " + program + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientException("Interrupted while running " + program, e);
        }
    }
}
