package dev.caravan.local;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;
import java.util.regex.Pattern;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.shaded.org.eclipse.jetty.server.Server;
import org.gaul.shaded.org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.gaul.shaded.org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** An S3 server on a free port of 127.0.0.1, whose objects are the files {@code DIRECTORY/BUCKET/KEY}. */
final class LocalS3Server {

    static final String ACCESS_KEY = "local";

    private static final Logger LOG = LoggerFactory.getLogger(LocalS3Server.class);

    private final S3Proxy proxy;
    private final String secretKey;

    private LocalS3Server(S3Proxy proxy, String secretKey) {
        this.proxy = proxy;
        this.secretKey = secretKey;
    }

    static LocalS3Server start(Path directory) {
        long start = System.nanoTime();
        try {
            PrivateFiles.createDirectories(directory);
            String secretKey = secretKey(directory.resolveSibling(directory.getFileName() + "-credentials"));
            Properties properties = new Properties();
            properties.setProperty("jclouds.filesystem.basedir", directory.toString());
            S3Proxy proxy = S3Proxy.builder()
                    .blobStore(new FinishedObjects(BlobStores.create("filesystem", properties)))
                    .endpoint(URI.create("http://127.0.0.1:0"))
                    .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, secretKey)
                    .ignoreUnknownHeaders(true)
                    .stopTimeout(0)
                    .build();
            useDaemonThreads(proxy);
            proxy.start();
            LocalS3Server server = new LocalS3Server(proxy, secretKey);
            LocalServices.onStop(server::stop);
            LOG.info(
                    "Local S3 server on {}, files in {} (started in {} ms)",
                    server.endpoint(),
                    directory,
                    (System.nanoTime() - start) / 1_000_000);
            return server;
        } catch (Exception e) {
            throw new IllegalStateException(
                    "The local S3 server cannot be started on " + directory + ": " + e.getMessage(), e);
        }
    }

    /** A file as the AWS tools read it, made once, so that nobody else on this machine can write to the bucket. */
    private static String secretKey(Path credentials) throws IOException {
        String name = "aws_secret_access_key=";
        if (!Files.exists(credentials)) {
            byte[] secret = new byte[20];
            new SecureRandom().nextBytes(secret);
            Path unfinished = Files.createTempFile(credentials.getParent(), ".credentials", null);
            Files.writeString(
                    unfinished,
                    "[default]%naws_access_key_id=%s%n%s%s%n"
                            .formatted(ACCESS_KEY, name, HexFormat.of().formatHex(secret)));
            Files.move(unfinished, credentials, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readAllLines(credentials, StandardCharsets.UTF_8).stream()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .orElseThrow(() -> new IOException(credentials + " has no " + name))
                .substring(name.length());
    }

    /** S3Proxy has no setting for it, and its threads would keep the process alive. */
    private static void useDaemonThreads(S3Proxy proxy) throws ReflectiveOperationException {
        Field field = S3Proxy.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(proxy);
        ((QueuedThreadPool) server.getThreadPool()).setDaemon(true);
        Field daemon = ScheduledExecutorScheduler.class.getDeclaredField("daemon");
        daemon.setAccessible(true);
        daemon.set(server.getScheduler(), true);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + proxy.getPort());
    }

    String secretKey() {
        return secretKey;
    }

    private void stop() {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException("The local S3 server does not stop: " + e.getMessage(), e);
        }
    }

    /**
     * Lists no object that is still being written, or never was to its end: S3Proxy writes to a file beside the object,
     * named after it and a UUID.
     */
    private static final class FinishedObjects extends ForwardingBlobStore {

        private static final Pattern UNFINISHED = Pattern.compile(".+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

        FinishedObjects(BlobStore files) {
            super(files);
        }

        @Override
        public ListObjectsV2Response list(ListObjectsV2Request request) {
            return super.list(request)
                    .copy(page -> page.contents(page.build().contents().stream()
                            .filter(object -> !UNFINISHED.matcher(object.key()).matches())
                            .toList()));
        }
    }
}
