package dev.caravan;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of HTTP whose answers do not end, or not soon; {@code /good} is an ordinary one. */
public final class EndlessServer implements AutoCloseable {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    private final ServerSocket entrance;
    private final AtomicInteger open = new AtomicInteger();

    public EndlessServer() throws IOException {
        entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(() -> {
            while (!entrance.isClosed()) {
                try {
                    Socket client = entrance.accept();
                    start(() -> serve(client));
                } catch (IOException e) {
                    // closed
                }
            }
        });
    }

    public String url() {
        return "http://127.0.0.1:" + entrance.getLocalPort();
    }

    /** How many requests are being answered right now. */
    public int open() {
        return open.get();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "endless-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket client) {
        try (client) {
            for (String request = request(client); !request.isEmpty(); request = request(client)) {
                open.incrementAndGet();
                try {
                    answer(client, client.getOutputStream(), request);
                } finally {
                    open.decrementAndGet();
                }
            }
        } catch (IOException e) {
            // the client has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String request(Socket client) throws IOException {
        StringBuilder head = new StringBuilder();
        int c;
        while (head.indexOf("\r\n\r\n") < 0 && (c = client.getInputStream().read()) >= 0) {
            head.append((char) c);
        }
        return head.toString();
    }

    private static void answer(Socket client, OutputStream out, String request)
            throws IOException, InterruptedException {
        if (request.startsWith("GET /silent")) {
            client.getInputStream().read(); // until the client goes
        } else if (request.startsWith("GET /drip-head")) {
            write(out, OK + "X-Drip: ");
            drip(out, "x");
        } else if (request.startsWith("GET /drip-body")) {
            write(out, OK + "Content-Length: 1000000\r\n\r\n");
            drip(out, " ");
        } else if (request.startsWith("GET /large-head")) {
            write(out, OK + "X-Large: ");
            while (true) {
                write(out, "x".repeat(65_536));
            }
        } else if (request.startsWith("GET /large-body")) {
            write(out, OK + "Transfer-Encoding: chunked\r\n\r\n");
            while (true) {
                write(out, "10000\r\n" + " ".repeat(65_536) + "\r\n");
            }
        } else {
            write(out, OK + "Content-Length: 8\r\n\r\n{\"id\":1}");
        }
    }

    private static void drip(OutputStream out, String what) throws IOException, InterruptedException {
        while (true) {
            write(out, what);
            Thread.sleep(100);
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() {
        try {
            entrance.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
