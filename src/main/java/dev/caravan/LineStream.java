package dev.caravan;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Passes on UTF-8 output line by line. */
final class LineStream extends OutputStream {

    /** Where the lines go. */
    interface Receiver {

        /** Receives a line with its end, or the beginning of one that was flushed. */
        void accept(String line) throws IOException;
    }

    private final Receiver receiver;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LineStream(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        line.write(bytes, offset, length);
        if (length > 0 && bytes[offset + length - 1] == '\n') {
            pass();
        }
    }

    private void pass() throws IOException {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        receiver.accept(text);
    }

    @Override
    public synchronized void flush() throws IOException {
        if (line.size() > 0) {
            pass();
        }
    }
}
