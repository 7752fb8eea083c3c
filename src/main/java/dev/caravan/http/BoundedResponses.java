package dev.caravan.http;

import dev.caravan.run.CurrentRun;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * Limits the duration and size of whole HTTP exchanges, from the request to the last byte of the decompressed response;
 * the client's own timeouts apply to each read. Also aborts an exchange when its run ends.
 */
public final class BoundedResponses implements ExecChainHandler {

    private final Duration maxDuration;
    private final String durationSetting;
    private final long maxBytes;
    private final String sizeSetting;

    /**
     * @param maxDuration of an exchange, until its response has been read
     * @param durationSetting the name of that setting, for the message
     * @param maxBytes of a response
     * @param sizeSetting the name of that setting, or null
     */
    public BoundedResponses(Duration maxDuration, String durationSetting, long maxBytes, String sizeSetting) {
        this.maxDuration = maxDuration;
        this.durationSetting = durationSetting;
        this.maxBytes = maxBytes;
        this.sizeSetting = sizeSetting;
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Bound bound = new Bound(scope);
        boolean answered = false;
        try {
            ClassicHttpResponse response = chain.proceed(request, scope);
            HttpEntity entity = response.getEntity();
            if (entity != null) {
                response.setEntity(new BoundedEntity(entity, bound));
                answered = true;
            }
            return response;
        } catch (IOException e) {
            throw bound.explained(e);
        } finally {
            if (!answered) {
                bound.end();
            }
        }
    }

    /** The limits of one exchange. */
    private final class Bound {

        private final String host;
        private final Cancellable request;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final Run.Registration held;
        private volatile boolean late;

        Bound(ExecChain.Scope scope) {
            host = scope.route.getTargetHost().toHostString();
            request = scope.originalRequest instanceof Cancellable cancellable ? cancellable : () -> false;
            held = CurrentRun.get().map(run -> run.onEnd(request::cancel)).orElse(() -> {});
            done.orTimeout(maxDuration.toMillis(), TimeUnit.MILLISECONDS).exceptionally(timeout -> {
                late = true;
                request.cancel();
                return null;
            });
        }

        void end() {
            held.close();
            done.complete(null);
        }

        IOException explained(IOException e) {
            if (!late) {
                return e;
            }
            // without the cause, which is only a closed socket
            return new InterruptedIOException("The response from " + host + " was incomplete after "
                    + maxDuration.toMillis() / 1000.0 + " s; if it needs longer, raise " + durationSetting);
        }

        /** The response's content, up to the limit. */
        private final class Content extends FilterInputStream {

            private long bytes;

            Content(InputStream in) {
                super(in);
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int read;
                try {
                    read = in.read(buffer, offset, length);
                } catch (IOException e) {
                    throw explained(e);
                }
                if (read < 0) {
                    end();
                } else {
                    bytes += read;
                    if (bytes > maxBytes) {
                        throw tooLarge();
                    }
                }
                return read;
            }

            @Override
            public long skip(long n) throws IOException {
                return Math.max(0, read(new byte[(int) Math.min(n, 8192)]));
            }

            @Override
            public void close() throws IOException {
                try {
                    super.close();
                } finally {
                    end();
                }
            }

            @Override
            public boolean markSupported() {
                return false;
            }
        }

        RuntimeException tooLarge() {
            request.cancel();
            return new PermanentException("The response from " + host + " exceeds " + maxBytes / 1_000_000
                    + " MB; request" + " less at a time" + (sizeSetting == null ? "" : ", or raise " + sizeSetting));
        }
    }

    private static final class BoundedEntity extends HttpEntityWrapper {

        private final HttpEntity entity;
        private final Bound bound;
        private InputStream content;

        BoundedEntity(HttpEntity entity, Bound bound) {
            super(entity);
            this.entity = entity;
            this.bound = bound;
        }

        @Override
        public InputStream getContent() throws IOException {
            if (content == null) {
                InputStream wrapped = entity.getContent();
                content = wrapped == null ? null : bound.new Content(wrapped);
            }
            return content;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            getContent().transferTo(out);
        }

        @Override
        public void close() throws IOException {
            try {
                entity.close();
            } finally {
                bound.end();
            }
        }
    }
}
