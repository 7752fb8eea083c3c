package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.JavaProcess;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A route puts a file into S3 that is much larger than the heap. */
@Tag("slow")
class LargeObjectTest {

    private static final long SIZE = 500L << 20;

    @TempDir
    Path directory;

    @Test
    void aFileIsStreamed() throws Exception {
        Path file = directory.resolve("large.json");
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(SIZE);
        }
        Process process = JavaProcess.of(
                        Put.class,
                        List.of("-Xmx64m"),
                        file.toString(),
                        directory.resolve("s3").toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(directory.resolve("s3/caravan/large.json")).hasSize(SIZE);
    }

    /** The process: the route and the local S3 server, with 64 MB of heap for both. */
    static final class Put {

        public static void main(String[] args) throws Exception {
            Main main = new Main();
            main.setPropertyPlaceholderLocations("false");
            main.addInitialProperty(
                    "camel.beans.s3", "#class:dev.caravan.local.LocalS3#client('" + args[1] + "', 'caravan')");
            main.configure().addRoutesBuilder(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:put")
                            .setHeader("CamelAwsS3Key", constant("large.json"))
                            .to("aws2-s3:caravan?conditionalWritesEnabled=true");
                }
            });
            main.start();
            try {
                main.getCamelTemplate()
                        .requestBody("direct:put", Path.of(args[0]).toFile());
            } finally {
                main.stop();
            }
            System.exit(0);
        }
    }
}
