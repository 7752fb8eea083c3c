package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The place for the data is full, or cannot be written: a sentence says so, and with space it goes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiskIT {

    private Source source;
    private Installation caravan;
    private Path warehouse;

    @BeforeAll
    void startSource(@TempDir Path directory) throws Exception {
        source = Source.in(directory.resolve("postgres"));
        Products.change(source, 1000);
        source.execute("UPDATE raw_data.products SET product_name = (SELECT string_agg(md5(audit_id::text || n), '')"
                + " FROM generate_series(1, 100) AS n)");
    }

    @AfterAll
    void stopSource() throws Exception {
        source.close();
    }

    @BeforeEach
    void install(@TempDir Path home) throws Exception {
        caravan = Installation.in(home)
                .set(Map.of("postgres.url", source.url()))
                .option("products-daily", "retryDelay", "50ms")
                .option("products-daily", "retries", "1");
        warehouse = caravan.home().resolve("data/warehouse");
    }

    @Test
    void fullDisk() throws Exception {
        Files.createDirectories(warehouse);
        try (Mount disk = Mount.of(warehouse, "size=2m")) {
            fails(caravan, 2, "disk of " + warehouse + " is full", "free some space");
            disk.remount("size=100m");
            completes();
        }
    }

    @Test
    void fullDiskOfTheLedger() throws Exception {
        Path data = Files.createDirectories(caravan.home().resolve("data"));
        try (Mount disk = Mount.of(data, "size=64k")) {
            Result result = caravan.run("run", "products-daily");
            assertThat(result.exit()).as(result.err()).isEqualTo(1);
            assertThat(result.err()).contains("ledger", "full").doesNotContain("\tat ");
            disk.remount("size=100m");
            completes();
        }
    }

    @Test
    void fullDiskOfEverything() throws Exception {
        Path data = Files.createDirectories(caravan.home().resolve("data"));
        try (Mount disk = Mount.of(data, "size=2m")) {
            Result result = caravan.run("run", "products-daily");
            assertThat(result.exit()).as(result.err()).isEqualTo(1);
            assertThat(result.err()).contains("full").doesNotContain("\tat ");
            disk.remount("size=100m");
            completes();
            assertThat(caravan.runs())
                    .extracting(LedgerRun::state)
                    .containsAnyOf("failed", "crashed")
                    .endsWith("completed")
                    .doesNotContain("running", "retrying");
        }
    }

    @Test
    void readOnlyDirectory() throws Exception {
        Files.createDirectories(warehouse);
        try (Mount disk = Mount.of(warehouse, "size=100m")) {
            disk.remount("ro");
            fails(caravan, 1, warehouse.toString(), "Read-only file system", "directory that this user can write to");
            disk.remount("rw");
            completes();
        }
    }

    @Test
    void readOnlyData() throws Exception {
        Path data = Files.createDirectories(caravan.home().resolve("data"));
        try (Mount disk = Mount.of(data, "size=100m")) {
            disk.remount("ro");
            Result result = caravan.run("run", "products-daily");
            assertThat(result.exit()).as(result.err()).isEqualTo(1);
            assertThat(result.err())
                    .containsIgnoringCase("read-only")
                    .contains("data")
                    .doesNotContain("\tat ");
            disk.remount("rw");
            completes();
        }
    }

    @Test
    void fileInPlaceOfTheDirectory() throws Exception {
        Files.createDirectories(warehouse.getParent());
        Files.writeString(warehouse, "not a directory");
        fails(caravan, 1, warehouse.toString(), "directory");
        assertThat(warehouse).hasContent("not a directory");
        Files.delete(warehouse);
        completes();
    }

    @Test
    void fileInPlaceOfData() throws Exception {
        Path data = caravan.home().resolve("data");
        Files.writeString(data, "not a directory");
        Result result = caravan.run("run", "products-daily");
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(result.err()).contains("data").doesNotContain("\tat ");
        assertThat(data).hasContent("not a directory");
        Files.delete(data);
        completes();
    }

    private void fails(Installation broken, int attempts, String... words) throws Exception {
        Result result = broken.run("run", "products-daily");
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(result.err()).contains(words).doesNotContain("\tat ");
        LedgerRun run = caravan.lastRun();
        assertThat(run.state()).isEqualTo("failed");
        assertThat(run.attempts()).isEqualTo(attempts);
        assertThat(run.error()).contains(words);
    }

    private void completes() throws Exception {
        Result result = caravan.run("run", "products-daily");
        assertThat(result.exit()).as(result.err()).isZero();
        Products.assertCopied(source, caravan);
    }

    /** A small disk in memory; only root may have one. */
    private record Mount(Path place) implements AutoCloseable {

        static Mount of(Path place, String options) {
            assumeTrue(
                    mount("-t", "tmpfs", "-o", options, "tmpfs", place.toString()),
                    "not allowed to mount a file system here");
            return new Mount(place);
        }

        void remount(String options) {
            assertThat(mount("-o", "remount," + options, place.toString())).isTrue();
        }

        private static boolean mount(String... arguments) {
            return run("mount", arguments);
        }

        private static boolean run(String program, String... arguments) {
            List<String> line = new ArrayList<>(List.of(program));
            line.addAll(List.of(arguments));
            try {
                return new ProcessBuilder(line)
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
            } catch (IOException e) {
                return false; // there is no such program
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            assertThat(run("umount", place.toString())).isTrue();
        }
    }
}
