package dev.caravan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;

/**
 * A network between a client and a server on this machine that can fall silent: connections stay open, nothing is refused,
 * and nothing arrives any more. What was open then is forgotten for good, as by a firewall; new connections work when the
 * network is well again.
 */
public final class SilentNetwork implements AutoCloseable {

    private final ServerSocket entrance;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile int target;
    private final AtomicInteger era = new AtomicInteger();
    private volatile boolean silent;

    /** @param target the server's port, or 0 if {@link Factory} finds it */
    public SilentNetwork(int target) throws IOException {
        this.target = target;
        entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    public int port() {
        return entrance.getLocalPort();
    }

    /** Forgets all connections, and lets no other through. */
    public void fallSilent() {
        era.incrementAndGet();
        silent = true;
    }

    /** Lets new connections through. */
    public void heal() {
        silent = false;
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "silent-network");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                Socket client = entrance.accept();
                sockets.add(client);
                if (!silent) {
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.add(server);
                    int born = era.get();
                    start(() -> pump(client, server, born));
                    start(() -> pump(server, client, born));
                }
            } catch (IOException e) {
                // closed, or the server is away
            }
        }
    }

    private void pump(Socket from, Socket to, int born) {
        byte[] buffer = new byte[8192];
        try {
            int n;
            while ((n = from.getInputStream().read(buffer)) >= 0) {
                if (born != era.get()) {
                    return;
                }
                to.getOutputStream().write(buffer, 0, n);
            }
            if (born == era.get()) {
                to.close();
            }
        } catch (IOException e) {
            if (born == era.get()) {
                close(to);
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        entrance.close();
        sockets.forEach(SilentNetwork::close);
    }

    /** Sockets that go through the network, wherever they are told to connect: {@code socketFactory} of PostgreSQL's driver. */
    public static final class Factory extends SocketFactory {

        private static volatile SilentNetwork network;

        /** Which network the next sockets go through. */
        public static void use(SilentNetwork through) {
            network = through;
        }

        @Override
        public Socket createSocket() {
            SilentNetwork through = network;
            return new Socket() {
                @Override
                public void connect(SocketAddress endpoint, int timeout) throws IOException {
                    through.target = ((InetSocketAddress) endpoint).getPort();
                    super.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), through.port()), timeout);
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }
    }
}
