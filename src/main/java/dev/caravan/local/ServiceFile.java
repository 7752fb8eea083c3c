package dev.caravan.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * PostgreSQL's connection service file: the server's address and a password per role, for Caravan and for
 * {@code PGSERVICEFILE=... psql service=ROLE}. Only its owner can read it.
 *
 * @param port the current or last port of the server; 0 if it never started
 * @param passwords by role
 */
record ServiceFile(int port, Map<String, String> passwords) {

    static ServiceFile read(Path file) throws IOException {
        Map<String, String> passwords = new LinkedHashMap<>();
        int port = 0;
        String role = null;
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("[")) {
                role = line.substring(1, line.length() - 1);
            } else if (line.startsWith("port=")) {
                port = Integer.parseInt(line.substring("port=".length()));
            } else if (line.startsWith("password=")) {
                passwords.put(role, line.substring("password=".length()));
            }
        }
        return new ServiceFile(port, passwords);
    }

    static ServiceFile generate(String... roles) {
        Map<String, String> passwords = new LinkedHashMap<>();
        SecureRandom random = new SecureRandom();
        for (String role : roles) {
            byte[] bytes = new byte[18];
            random.nextBytes(bytes);
            passwords.put(role, Base64.getUrlEncoder().encodeToString(bytes));
        }
        return new ServiceFile(0, passwords);
    }

    ServiceFile withPort(int newPort) {
        return new ServiceFile(newPort, passwords);
    }

    void write(Path file, String database) throws IOException {
        StringBuilder text = new StringBuilder();
        passwords.forEach(
                (role, password) -> text.append("[%s]%nhost=127.0.0.1%nport=%d%ndbname=%s%nuser=%s%npassword=%s%n%n"
                        .formatted(role, port, database, role, password)));
        Path unfinished = Files.createTempFile(file.getParent(), ".service", null); // only its owner can read it
        Files.writeString(unfinished, text);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
