package dev.caravan.snowflake.fake;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.regex.Pattern;

/** Forwards a local port to another and rewrites the Date header of the answers, which the JDK's server sets itself. */
final class DateRelay implements AutoCloseable {

    private static final Pattern DATE = Pattern.compile("(?<=\r\nDate: )[^\r\n]*");
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private final ServerSocket server;
    private final int port;
    private final Duration skew;
    private final ExecutorService threads;

    DateRelay(int port, Duration skew, ExecutorService threads) {
        this.port = port;
        this.skew = skew;
        this.threads = threads;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), port);
                threads.execute(() -> copy(client, upstream, false));
                threads.execute(() -> copy(upstream, client, true));
            } catch (IOException e) {
                // the relay is closed
            }
        }
    }

    /** Reads the head of an answer, which the server writes in one piece. */
    private void copy(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                String text = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
                String sent = answers && text.startsWith("HTTP/1.1 ")
                        ? DATE.matcher(text)
                                .replaceFirst(FORMAT.format(Instant.now().plus(skew)))
                        : text;
                out.write(sent.getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            }
        } catch (IOException e) {
            // either side has closed the connection
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
