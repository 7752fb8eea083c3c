package dev.caravan.local;

import dev.caravan.JavaProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own that uses the local server until its standard input ends. */
final class PostgresUser implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private PostgresUser(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    public static void main(String[] args) throws Exception {
        LocalServices.join(Path.of(args[0]));
        try (Connection connection = DriverManager.getConnection("jdbc:local:postgresql:" + args[0] + "/postgres")) {
            System.out.println("connected " + connection.getMetaData().getDatabaseMajorVersion());
        }
        while (System.in.read() >= 0) {
            // until the parent closes it
        }
        System.exit(0);
    }

    static PostgresUser start(Path dataDirectory) throws IOException {
        return new PostgresUser(JavaProcess.of(
                        PostgresUser.class,
                        List.of("-Dcaravan.local.binaries=" + TestPostgres.BINARIES),
                        dataDirectory.toString())
                .start());
    }

    PostgresUser awaitConnection() throws IOException {
        String line = output.readLine();
        if (line == null || !line.startsWith("connected")) {
            throw new IllegalStateException("Not connected: " + line);
        }
        return this;
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }
}
