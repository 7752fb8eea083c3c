package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresTest {

    @TempDir
    Path directory;

    private Path data;
    private String url;

    @BeforeAll
    static void shareBinaries() {
        TestPostgres.shareBinaries();
    }

    @BeforeEach
    void locate() throws IOException {
        data = directory.toRealPath().resolve("data");
        url = "jdbc:local:postgresql:" + data.resolve("postgres");
    }

    @AfterEach
    void stop() {
        LocalServices.stop();
        assertThat(server()).isEmpty();
    }

    @Test
    void pipelinesMayReadTheShopAndNothingElse() throws SQLException, IOException {
        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
        assertThat(query("", "SELECT current_user")).isEqualTo("caravan_reader");
        assertThat(query("", "SHOW listen_addresses")).isEqualTo("127.0.0.1");
        assertThat(query("", "SELECT count(*) FROM pg_roles WHERE rolsuper")).isEqualTo("1");
        for (String sql : List.of(
                "SET transaction_read_only = off; DELETE FROM raw_data.products",
                "SET transaction_read_only = off; CREATE TABLE mine ()",
                "SET transaction_read_only = off; CREATE TEMP TABLE mine ()",
                "COPY (SELECT 1) TO PROGRAM 'true'")) {
            assertThatThrownBy(() -> execute("", sql)).hasMessageContaining("permission denied");
        }
        assertThatThrownBy(() -> query("?user=postgres&password=wrong", "SELECT 1"))
                .hasMessageContaining("password authentication failed");

        execute("?user=shop", "CREATE TABLE raw_data.orders (id int)");
        assertThat(query("", "SELECT count(*) FROM raw_data.orders")).isEqualTo("0");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(data.resolve("postgres/pg_service.conf"))))
                .isEqualTo("rw-------");
    }

    @Tag("slow")
    @Test
    void processesShareOneServerAndTheLastOneStopsIt() throws Exception {
        try (PostgresUser second = PostgresUser.start(data)) {
            try (PostgresUser first = PostgresUser.start(data)) {
                first.awaitConnection();
                second.awaitConnection();
            }
            assertThat(server()).isNotEmpty();
            long running = server().getAsLong();
            assertThat(query("", "SELECT 1")).isEqualTo("1");
            LocalServices.stop();
            assertThat(server()).hasValue(running);
        }
        assertThat(server()).isEmpty();
    }

    @Tag("slow")
    @Test
    void aServerOutlivesItsKilledStarterAndIsStoppedByTheNextUser() throws Exception {
        PostgresUser.start(data).awaitConnection().kill();
        OptionalLong running = server();
        assertThat(running).isNotEmpty();

        try (PostgresUser next = PostgresUser.start(data)) {
            next.awaitConnection();
            assertThat(server()).isEqualTo(running);
        }
        assertThat(server()).isEmpty();
    }

    @Tag("slow")
    @Test
    void aProcessKilledWhileItMakesTheDataLeavesNothingThatTheNextCannotRepair() throws Exception {
        for (int millis : List.of(300, 500, 700, 900, 1100, 1300)) {
            PostgresUser killed = PostgresUser.start(data);
            Thread.sleep(millis); // some moment of initdb, start or seeding
            killed.kill();
        }
        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
    }

    @Tag("slow")
    @Test
    void aSetUpThatWasDoneButNotNotedIsNotRepeated() throws Exception {
        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
        LocalServices.stop();
        Files.delete(data.resolve("postgres/cluster/caravan.ready"));

        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
    }

    @Tag("slow")
    @Test
    void aKilledServerIsStartedAgainByTheNextConnection() throws Exception {
        String port = query("", "SHOW port");
        ProcessHandle server = ProcessHandle.of(server().orElseThrow()).orElseThrow();
        server.destroyForcibly();
        await().atMost(Duration.ofSeconds(10)).until(() -> refuses(Integer.parseInt(port)));

        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
        assertThat(query("", "SHOW port")).isEqualTo(port);
    }

    @Tag("slow")
    @Test
    void aPidFileThatNamesAnotherProcessByNowIsNotBelieved() throws Exception {
        query("", "SELECT 1");
        Path pid = data.resolve("postgres/cluster/postmaster.pid");
        List<String> lines = Files.readAllLines(pid);
        LocalServices.stop();
        assertThat(pid).doesNotExist();
        lines.set(0, String.valueOf(ProcessHandle.current().pid()));
        Files.write(pid, lines);

        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
    }

    @Tag("slow")
    @Test
    void dataInUseByAnotherProcessAreNotReset() throws Exception {
        LocalServices.join(data);
        query("", "SELECT 1");
        try (PostgresUser other = PostgresUser.start(data)) {
            other.awaitConnection();
            assertThatThrownBy(() -> LocalServices.reset(data))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("in use by another process");
            assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
        }
        Files.createDirectories(data.resolve("warehouse"));
        Files.writeString(data.resolve("warehouse/DLT.duckdb"), "x");
        Files.createDirectories(data.resolve("postgres-bin"));
        Files.writeString(data.resolve("postgres-bin/kept"), "x");

        LocalServices.reset(data);

        assertThat(server()).isEmpty();
        assertThat(data.resolve("warehouse")).doesNotExist();
        assertThat(data.resolve("postgres/cluster")).doesNotExist();
        assertThat(data.resolve("postgres-bin/kept")).exists();
        assertThat(query("", "SELECT count(*) FROM raw_data.products")).isEqualTo("1000");
    }

    @Tag("slow")
    @Test
    void twoProcessesUnpackTheProgramsAtOnce() throws Exception {
        Path binaries = data.resolve("unpacked");
        CyclicBarrier both = new CyclicBarrier(2);
        Callable<PostgresPrograms> unpack = () -> {
            both.await();
            return PostgresPrograms.in(binaries);
        };
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (Future<PostgresPrograms> programs : threads.invokeAll(List.of(unpack, unpack))) {
                assertThat(programs.get()).isNotNull();
            }
        } finally {
            threads.shutdownNow();
        }

        try (Stream<Path> unpacked = Files.list(binaries)) {
            assertThat(unpacked).hasSize(1);
        }
    }

    @Test
    void rootGetsAClearAnswerWhereNobodyElseCanBeBecome() {
        assumeTrue("root".equals(System.getProperty("user.name")));
        assertThatThrownBy(() -> PostgresPrograms.in(Path.of(TestPostgres.BINARIES), List.of(List.of("false"))))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("does not run as root");
    }

    private OptionalLong server() {
        try {
            long pid = Long.parseLong(Files.readAllLines(data.resolve("postgres/cluster/postmaster.pid"))
                    .get(0)
                    .strip());
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()
                    ? OptionalLong.of(pid)
                    : OptionalLong.empty();
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean refuses(int port) {
        try (Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port)) {
            return !socket.isConnected();
        } catch (IOException e) {
            return true;
        }
    }

    private String query(String parameters, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url + parameters);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private void execute(String parameters, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url + parameters);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
