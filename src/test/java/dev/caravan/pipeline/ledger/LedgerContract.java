package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.list;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Quota;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.slf4j.event.Level;

/** What a ledger promises, whatever database keeps it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class LedgerContract {

    /** The tables that grow with the runs. */
    static final Set<String> LARGE = Set.of("runs", "attempts", "steps", "log_lines", "loads");

    /** The indexes of few of their rows. */
    static final Set<String> FEW = Set.of("runs_under_way", "runs_interrupted", "runs_to_announce");

    /** What the tests of each class have executed. */
    private static final Map<Class<?>, Set<String>> STATEMENTS = new ConcurrentHashMap<>();

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Instant SLOT = Instant.parse("2026-01-31T06:00:00Z");

    private final List<Ledger> opened = new ArrayList<>();
    private Ledger ledger;

    /** Opens the test's database once more. */
    abstract Ledger open();

    /** The test's database, without its ledger. */
    abstract DataSource emptied() throws Exception;

    private Ledger another() {
        Ledger another = open();
        another.onStatement(STATEMENTS.computeIfAbsent(getClass(), test -> ConcurrentHashMap.newKeySet())::add);
        opened.add(another);
        return another;
    }

    @BeforeEach
    void openLedger() {
        ledger = another();
        ledger.pipelines().register(List.of("shop", "rates"));
    }

    @AfterEach
    void closeLedgers() {
        opened.forEach(Ledger::close);
    }

    private Lease running(Duration lease) {
        Lease waiting = ledger.runs()
                .create("shop", null, Trigger.MANUAL, Map.of(), lease)
                .orElseThrow();
        return ledger.runs()
                .admit(waiting, "shop", Integer.MAX_VALUE, lease, List.of())
                .orElseThrow();
    }

    private AttemptRecord attempt(Lease lease, RunState state, String error) {
        Instant now = ledger.clock().instant();
        return new AttemptRecord(
                lease.attempt(),
                state,
                7,
                70,
                error,
                now,
                now,
                List.of(new StepRecord("load", state, 7, 70, error, now, now)),
                List.of());
    }

    @Test
    void theLastWordAboutAQuotaIsKept() {
        ledger.quotas().save(List.of(new Quota("github", 4_711, 5_000L), new Quota("rates", 12, null)));
        ledger.quotas().save(List.of(new Quota("github", 4_710, 5_000L)));
        assertThat(another().quotas().list())
                .extracting(QuotaTable.KnownQuota::quota)
                .containsExactly(new Quota("github", 4_710, 5_000L), new Quota("rates", 12, null));
        assertThat(ledger.quotas().list()).allSatisfy(known -> assertThat(known.told())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60)));
    }

    @Test
    void endsOfRunsAreCountedAndAttemptsOnlyOnce() {
        Lease first = running(LEASE);
        ledger.runs().retrying(first, attempt(first, RunState.FAILED, "no route to host"));
        Lease second = ledger.runs().begin(first, LEASE);
        ledger.runs()
                .finish(second, RunState.FAILED, "no rows", attempt(second, RunState.FAILED, "no rows"), List.of());
        Lease retry = ledger.runs().reopen(second.run(), LEASE);
        Lease third = ledger.runs().admit(retry, "shop", 1, LEASE, List.of()).orElseThrow();
        ledger.runs().finish(third, RunState.COMPLETED, null, attempt(third, RunState.COMPLETED, null), List.of());
        ledger.slots()
                .settle(
                        "shop",
                        Instant.now(),
                        new TreeMap<>(Map.of(SLOT, "No process ran it", SLOT.plusSeconds(1), "")));

        assertThat(another().totals().list())
                .extracting(RunTotal::state, RunTotal::runs, RunTotal::begun, RunTotal::attempts, RunTotal::rows)
                .containsExactly(
                        tuple(RunState.COMPLETED, 1L, 1L, 1L, 7L),
                        tuple(RunState.FAILED, 1L, 1L, 2L, 14L),
                        tuple(RunState.MISSED, 2L, 0L, 0L, 0L));
        ledger.prune(Duration.ZERO, Duration.ZERO);
        assertThat(ledger.history().list("shop", null, 10)).isEmpty();
        assertThat(ledger.totals().list()).hasSize(3);
    }

    @Test
    void aCrashedRunIsCountedWhenItsEndIsAnnounced() {
        Lease late = ledger.runs()
                .create("shop", SLOT, Trigger.SCHEDULE, Map.of(), LEASE)
                .orElseThrow();
        Lease running = ledger.runs().admit(late, "shop", 1, LEASE, List.of()).orElseThrow();
        ledger.runs().interrupt(running, "stopped", attempt(running, RunState.CANCELLED, "stopped"), List.of());
        assertThat(ledger.totals().list()).isEmpty();
        assertThat(ledger.outbox().unannounced(List.of("shop"), 10)).isEmpty();
        // nobody takes it over
        ledger.runs().giveUp(running.run(), "it was in its last attempt");
        for (RunRecord run : ledger.outbox().unannounced(List.of("shop"), 10)) {
            assertThat(ledger.outbox().announce(run, List.of())).isTrue();
            assertThat(another().outbox().announce(run, List.of())).isFalse();
        }
        assertThat(ledger.totals().list()).singleElement().satisfies(total -> {
            assertThat(total.state()).isEqualTo(RunState.CRASHED);
            assertThat(total.runs()).isEqualTo(1);
            assertThat(total.slots()).isEqualTo(1);
            assertThat(total.lateness())
                    .isBetween(
                            Duration.between(SLOT, Instant.now()).minusMinutes(10),
                            Duration.between(SLOT, Instant.now()).plusMinutes(10));
        });
    }

    @Test
    void aRunIsRememberedWithItsAttemptsAndSteps() {
        Lease waiting = ledger.runs()
                .create("shop", SLOT, Trigger.SCHEDULE, Map.of("day", "2026-01-30", "note", "\"ü\""), LEASE)
                .orElseThrow();
        assertThat(ledger.history().get(waiting.run()).state()).isEqualTo(RunState.SCHEDULED);
        Lease first = ledger.runs().admit(waiting, "shop", 1, LEASE, List.of()).orElseThrow();
        ledger.runs().retrying(first, attempt(first, RunState.FAILED, "no route to host"));
        RunRecord retrying = ledger.history().get(first.run());
        assertThat(retrying.state()).isEqualTo(RunState.RETRYING);
        assertThat(retrying.error()).isEqualTo("no route to host");
        Lease second = ledger.runs().begin(first, LEASE);
        ledger.runs().finish(second, RunState.COMPLETED, null, attempt(second, RunState.COMPLETED, null), List.of());

        RunRecord run = another().history().get(second.run());
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.slot()).isEqualTo(SLOT);
        assertThat(run.trigger()).isEqualTo(Trigger.SCHEDULE);
        assertThat(run.parameters()).isEqualTo(Map.of("day", "2026-01-30", "note", "\"ü\""));
        assertThat(run.rows()).isEqualTo(14);
        assertThat(run.bytes()).isEqualTo(140);
        assertThat(run.error()).isNull();
        assertThat(run.node()).endsWith(":" + ProcessHandle.current().pid());
        assertThat(run.finished())
                .isBetween(run.started(), ledger.clock().instant().plusSeconds(1));
        assertThat(ledger.history().attempts(run.id()))
                .extracting(AttemptRecord::attempt, AttemptRecord::state, AttemptRecord::error)
                .containsExactly(tuple(1, RunState.FAILED, "no route to host"), tuple(2, RunState.COMPLETED, null));
        assertThat(ledger.history().attempts(run.id()).get(0).steps())
                .extracting(StepRecord::id, StepRecord::state, StepRecord::rows)
                .containsExactly(tuple("load", RunState.FAILED, 7L));
    }

    @Test
    void whatARunHasLoadedIsRemembered() {
        Instant time = Instant.parse("2026-01-31T06:00:07.120Z");
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("sku", "TEXT");
        columns.put("area", null);
        columns.put("price", "DECIMAL(9,2)");
        Lease lease = running(LEASE);
        Load created = load("a", "SHOP.S.T", time, List.of(Load.CREATED), columns);
        ledger.runs().saveProgress(lease, attempt(lease, created));
        Load second = load("b", "SHOP.S.T", time.plusSeconds(1), List.of("add w INTEGER"), Map.of("w", "INTEGER"));
        Load other = load("b", "SHOP.S.OTHER", time, List.of(), Map.of());
        // repeated after a commit whose answer was lost, or by an attempt that finds it committed
        ledger.runs().saveProgress(lease, attempt(lease, created, second));
        ledger.runs().finish(lease, RunState.COMPLETED, null, attempt(lease, second, other), List.of());

        Ledger reader = another();
        assertThat(reader.history().attempts(lease.run()).get(0).loads())
                .extracting(Load::id, Load::table, Load::inserted, Load::cursor, Load::changes, Load::committed)
                .containsExactlyInAnyOrder(
                        tuple("a", "SHOP.S.T", 2L, "42", List.of(Load.CREATED), time),
                        tuple("b", "SHOP.S.T", 2L, "42", List.of("add w INTEGER"), time.plusSeconds(1)),
                        tuple("b", "SHOP.S.OTHER", 2L, "42", List.of(), time));
        assertThat(reader.loads().tables())
                .extracting(
                        LoadedTable::name,
                        LoadedTable::pipeline,
                        LoadedTable::run,
                        LoadedTable::loaded,
                        LoadedTable::cursor,
                        LoadedTable::columns)
                .containsExactly(
                        tuple("SHOP.S.OTHER", "shop", lease.run(), time, "42", Map.of()),
                        tuple("SHOP.S.T", "shop", lease.run(), time.plusSeconds(1), "42", Map.of("w", "INTEGER")));
        assertThat(reader.loads().changes("SHOP.S.T", 9))
                .extracting(TableChanges::changed, TableChanges::changes, TableChanges::run)
                .containsExactly(
                        tuple(time.plusSeconds(1), List.of("add w INTEGER"), lease.run()),
                        tuple(time, List.of(Load.CREATED), lease.run()));
        assertThat(reader.loads().changes(time))
                .extracting(TableChanges::changed)
                .containsExactly(time, time.plusSeconds(1));
        assertThat(reader.loads().changes(time.plusMillis(1)))
                .extracting(TableChanges::table)
                .containsExactly("SHOP.S.T");

        Lease late = running(LEASE);
        // an older load, and one whose columns are not known
        ledger.runs()
                .finish(
                        late,
                        RunState.COMPLETED,
                        null,
                        attempt(
                                late,
                                load("c", "SHOP.S.T", time.minusSeconds(9), List.of(), columns),
                                load("d", "SHOP.S.OTHER", time, List.of(), columns)),
                        List.of());
        assertThat(ledger.loads().tables())
                .extracting(LoadedTable::name, LoadedTable::run)
                .containsExactly(tuple("SHOP.S.OTHER", late.run()), tuple("SHOP.S.T", lease.run()));
        assertThat(ledger.loads().tables().get(0).columns()).containsExactlyEntriesOf(columns);

        ledger.loads().reset("shop.s.t", false);
        assertThat(ledger.loads().tables()).extracting(LoadedTable::cursor).containsExactly("42", null);
        ledger.loads().reset("SHOP.S.OTHER", true);
        assertThat(ledger.loads().tables()).extracting(LoadedTable::name).containsExactly("SHOP.S.T");
    }

    private static Load load(
            String id, String table, Instant committed, List<String> changes, Map<String, String> columns) {
        return new Load(id, table, "merge", 3, 2, 1, 0, 70, "at", "42", changes, columns, null, committed);
    }

    private AttemptRecord attempt(Lease lease, Load... loads) {
        Instant now = ledger.clock().instant();
        return new AttemptRecord(lease.attempt(), RunState.RUNNING, 7, 70, null, now, null, List.of(), List.of(loads));
    }

    @Test
    void aCursorThatPostgreSqlCannotHoldFailsNoRun() {
        Lease lease = ledger.runs()
                .create("shop", SLOT, Trigger.SCHEDULE, Map.of(), LEASE)
                .orElseThrow();
        Instant now = ledger.clock().instant();
        Load load =
                new Load("a", "SHOP.S.T", "merge", 1, 1, 0, 0, 1, "at", "4\0" + "2", List.of(), Map.of(), null, now);
        ledger.runs().saveProgress(lease, attempt(lease, load));
        assertThat(ledger.loads().tables()).extracting(LoadedTable::cursor).containsExactly("42");
    }

    @Test
    void ofManyWhoWantASlotOneGetsIt() throws Exception {
        List<Ledger> ledgers = IntStream.range(0, 6).mapToObj(i -> another()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(ledgers.size());
        try {
            List<Future<Integer>> taken = new ArrayList<>();
            for (Ledger each : ledgers) {
                taken.add(threads.submit(() -> (int) IntStream.range(0, 20)
                        .filter(i -> each.runs()
                                .create("shop", SLOT.plusSeconds(i), Trigger.SCHEDULE, Map.of(), LEASE)
                                .isPresent())
                        .count()));
            }
            int all = 0;
            for (Future<Integer> each : taken) {
                all += each.get();
            }
            assertThat(all).isEqualTo(20);
        } finally {
            threads.shutdownNow();
        }
        assertThat(ledger.history().list("shop", null, 100)).hasSize(20);
        assertThat(ledger.runs().create("rates", SLOT, Trigger.SCHEDULE, Map.of(), LEASE))
                .isPresent();
    }

    private static SortedMap<String, Map<String, String>> pipelines(int from, int to) {
        SortedMap<String, Map<String, String>> pipelines = new TreeMap<>();
        IntStream.range(from, to).forEach(i -> pipelines.put("p" + i, Map.of("day", "2026-01-01")));
        return pipelines;
    }

    @Test
    void theRunsOfASlotAreCreatedTogetherAndOnceBetweenTwoProcesses() throws Exception {
        Ledger other = another();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Map<String, RunTable.Created>> theirs =
                    threads.submit(() -> other.runs().createAll(SLOT, pipelines(50, 150), LEASE));
            Map<String, RunTable.Created> ours = ledger.runs().createAll(SLOT, pipelines(0, 100), LEASE);
            Set<String> ids = new HashSet<>();
            Stream.concat(ours.values().stream(), theirs.get().values().stream())
                    .forEach(created -> ids.add(created.lease().run()));
            assertThat(ids).hasSize(150).hasSize(ours.size() + theirs.get().size());
            assertThat(ours).doesNotContainKeys(theirs.get().keySet().toArray(String[]::new));
        } finally {
            threads.shutdownNow();
        }
        assertThat(ledger.runs().createAll(SLOT, pipelines(0, 150), LEASE)).isEmpty();
        // many have the same millisecond
        assertThat(ledger.runs().createAll(SLOT, pipelines(0, 2_000), LEASE)).hasSize(1_850);
        assertThat(ledger.history().list(null, null, 3_000)).hasSize(2_000).allSatisfy(run -> {
            assertThat(run.slot()).isEqualTo(SLOT);
            assertThat(run.state()).isEqualTo(RunState.SCHEDULED);
            assertThat(run.trigger()).isEqualTo(Trigger.SCHEDULE);
            assertThat(run.parameters()).containsEntry("day", "2026-01-01");
        });
    }

    @Test
    void aRunOfASlotKnowsWhetherItIsAlone() {
        running(LEASE);
        SortedMap<String, Map<String, String>> both = new TreeMap<>(Map.of("shop", Map.of(), "rates", Map.of()));
        Map<String, RunTable.Created> created = ledger.runs().createAll(SLOT, both, LEASE);
        assertThat(created.get("shop").alone()).isFalse();
        assertThat(created.get("rates").alone()).isTrue();
        assertThat(ledger.runs().admit(created.get("shop").lease(), "shop", 1, LEASE, List.of()))
                .isEmpty();
        assertThat(ledger.runs().admit(created.get("rates").lease(), "rates", 1, LEASE, List.of()))
                .isPresent();
    }

    @Test
    void theEndOfARunAndOfItsLogAreOneAndAZombieWritesNeither() {
        Lease first = running(LEASE);
        Lease second = ledger.runs().begin(first, LEASE);
        List<LogLine> log = List.of(new LogLine(1, ledger.clock().instant(), "INFO", "test", "the last"));
        assertThatThrownBy(() -> ledger.runs().finish(first, RunState.COMPLETED, null, null, log))
                .isInstanceOf(RunEndedException.class);
        assertThat(ledger.logs().list(first.run(), 0, 9)).isEmpty();
        ledger.runs().finish(second, RunState.COMPLETED, null, null, log);
        assertThat(ledger.logs().list(first.run(), 0, 9))
                .extracting(LogLine::message)
                .containsExactly("the last");
    }

    @Test
    void noMoreRunsAreAdmittedThanMayBeUnderWay() throws Exception {
        List<Ledger> ledgers = IntStream.range(0, 6).mapToObj(i -> another()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(ledgers.size());
        try {
            List<Future<Boolean>> admitted = new ArrayList<>();
            for (Ledger each : ledgers) {
                admitted.add(threads.submit(() -> {
                    Lease lease = each.runs()
                            .create("shop", null, Trigger.MANUAL, Map.of(), LEASE)
                            .orElseThrow();
                    boolean may = each.runs()
                            .admit(lease, "shop", 2, LEASE, List.of())
                            .isPresent();
                    if (!may) {
                        each.runs().finish(lease, RunState.SKIPPED, "too many", null, List.of());
                    }
                    return may;
                }));
            }
            int count = 0;
            for (Future<Boolean> each : admitted) {
                count += each.get() ? 1 : 0;
            }
            assertThat(count).isBetween(1, 2);
            assertThat(ledger.history().list("shop", RunState.RUNNING, 10)).hasSize(count);
            assertThat(ledger.history().list("shop", RunState.SKIPPED, 10)).hasSize(6 - count);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void waitingRunsAreAdmittedInTheirOrder() {
        Lease running = running(LEASE);
        Lease first = ledger.runs()
                .create("shop", null, Trigger.MANUAL, Map.of(), LEASE)
                .orElseThrow();
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        Lease second = ledger.runs()
                .create("shop", null, Trigger.MANUAL, Map.of(), LEASE)
                .orElseThrow();
        assertThat(ledger.runs().admit(first, "shop", 1, LEASE, List.of())).isEmpty();
        ledger.runs().finish(running, RunState.COMPLETED, null, null, List.of());
        assertThat(ledger.runs().admit(second, "shop", 1, LEASE, List.of())).isEmpty();
        Lease begun = ledger.runs().admit(first, "shop", 1, LEASE, List.of()).orElseThrow();
        assertThat(ledger.runs().admit(second, "shop", 1, LEASE, List.of())).isEmpty();
        ledger.runs().finish(begun, RunState.COMPLETED, null, null, List.of());
        assertThat(ledger.runs().admit(second, "shop", 1, LEASE, List.of())).isPresent();
    }

    @Test
    void aLapsedLeaseMakesTheRunCrashedAndItsOwnerPowerless() {
        Lease zombie = running(Duration.ofMillis(50));
        ledger.runs().saveProgress(zombie, attempt(zombie, RunState.RUNNING, null));
        await().untilAsserted(() ->
                assertThat(another().history().get(zombie.run()).state()).isEqualTo(RunState.CRASHED));

        assertThat(ledger.history().attempts(zombie.run()))
                .extracting(AttemptRecord::state)
                .containsExactly(RunState.CRASHED);
        assertThat(ledger.history().attempts(zombie.run()).get(0).steps())
                .extracting(StepRecord::state)
                .containsExactly(RunState.CRASHED);
        assertThat(ledger.leases().renew(zombie, LEASE)).isEqualTo(Lease.Status.LOST);
        assertThatThrownBy(() -> ledger.runs().finish(zombie, RunState.COMPLETED, null, null, List.of()))
                .isInstanceOf(RunEndedException.class)
                .hasMessageContaining("it is crashed");
        assertThatThrownBy(() -> ledger.runs().saveProgress(zombie, attempt(zombie, RunState.RUNNING, null)))
                .isInstanceOf(RunEndedException.class);
        assertThat(ledger.history().get(zombie.run()).state()).isEqualTo(RunState.CRASHED);
    }

    @Test
    void aRenewedLeaseHolds() {
        Lease lease = running(Duration.ofSeconds(2));
        for (int i = 0; i < 6; i++) {
            assertThat(ledger.leases().renew(lease, Duration.ofSeconds(2))).isEqualTo(Lease.Status.HELD);
            await().pollDelay(Duration.ofMillis(400)).until(() -> true);
            assertThat(ledger.history().get(lease.run()).state()).isEqualTo(RunState.RUNNING);
        }
    }

    @Test
    void theNextAttemptTakesTheLeaseFromTheOneBefore() {
        Lease first = running(LEASE);
        Lease second = ledger.runs().begin(first, LEASE);
        assertThat(ledger.leases().renew(first, LEASE)).isEqualTo(Lease.Status.LOST);
        assertThatThrownBy(() -> ledger.runs().finish(first, RunState.COMPLETED, null, null, List.of()))
                .isInstanceOf(RunEndedException.class)
                .hasMessageContaining("another attempt");
        assertThat(ledger.leases().renew(second, LEASE)).isEqualTo(Lease.Status.HELD);
    }

    @Test
    void aCancelIsSeenByWhoeverHoldsTheLease() {
        Lease lease = running(LEASE);
        another().runs().cancel(lease.run());
        assertThat(ledger.runs().cancelRequests()).containsExactly(lease.run());
        assertThat(ledger.leases().renew(lease, LEASE)).isEqualTo(Lease.Status.CANCELLED);
        ledger.runs().finish(lease, RunState.CANCELLED, "it was cancelled", null, List.of());
        assertThat(ledger.runs().cancelRequests()).isEmpty();
        assertThatThrownBy(() -> ledger.runs().cancel(lease.run()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("it is cancelled");
        assertThatThrownBy(() -> ledger.runs().cancel("nope")).hasMessageContaining("it does not exist");
    }

    @Test
    void onlyWhatDidNotCompleteIsReopened() {
        Lease failed = running(LEASE);
        ledger.runs().finish(failed, RunState.FAILED, "broken", attempt(failed, RunState.FAILED, "broken"), List.of());
        Lease again = ledger.runs().reopen(failed.run(), LEASE);
        assertThat(again.run()).isEqualTo(failed.run());
        Lease second = ledger.runs().admit(again, "shop", 1, LEASE, List.of()).orElseThrow();
        assertThat(second.attempt()).isEqualTo(2);
        ledger.runs().finish(second, RunState.COMPLETED, null, attempt(second, RunState.COMPLETED, null), List.of());
        assertThat(ledger.history().get(failed.run()).trigger()).isEqualTo(Trigger.RETRY);
        assertThatThrownBy(() -> ledger.runs().reopen(failed.run(), LEASE))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("it is completed");
    }

    private Lease slotRun(Instant slot, Duration lease) {
        return ledger.runs()
                .create("shop", slot, Trigger.SCHEDULE, Map.of(), lease)
                .orElseThrow();
    }

    @Test
    void ofManyWhoTakeAnInterruptedRunUpOneDoes() throws Exception {
        Lease stopped = ledger.runs().begin(slotRun(SLOT, LEASE), LEASE);
        ledger.runs().interrupt(stopped, "stopped", attempt(stopped, RunState.CANCELLED, "stopped"), List.of());
        assertThat(ledger.history().get(stopped.run()).state()).isEqualTo(RunState.CANCELLED);
        List<Ledger> ledgers = IntStream.range(0, 6).mapToObj(i -> another()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(ledgers.size());
        List<Lease> taken = new ArrayList<>();
        try {
            RunRecord interrupted = ledger.history().interrupted().get(0);
            List<Future<Optional<Lease>>> all = new ArrayList<>();
            for (Ledger each : ledgers) {
                all.add(threads.submit(() -> each.runs().takeOver(interrupted, 9, LEASE)));
            }
            for (Future<Optional<Lease>> each : all) {
                each.get().ifPresent(taken::add);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(taken).hasSize(1);
        assertThat(ledger.history().interrupted()).isEmpty();
        assertThat(ledger.history().get(stopped.run()).state()).isEqualTo(RunState.SCHEDULED);
        assertThat(ledger.history().get(stopped.run()).trigger()).isEqualTo(Trigger.SCHEDULE);
        assertThat(ledger.runs().begin(taken.get(0), LEASE).attempt()).isEqualTo(2);
        assertThatThrownBy(() -> ledger.runs().begin(stopped, LEASE)).isInstanceOf(RunEndedException.class);
    }

    @Test
    void aRunForASlotWhoseLeaseHasLapsedIsTakenUpWhenItsPipelineHasRoom() {
        Lease crashed = slotRun(SLOT, Duration.ofMillis(-1));
        Lease other = running(LEASE);
        RunRecord interrupted = ledger.history().interrupted().get(0);
        assertThat(interrupted.id()).isEqualTo(crashed.run());
        assertThat(interrupted.state()).isEqualTo(RunState.CRASHED);
        assertThat(ledger.runs().takeOver(interrupted, 1, LEASE)).isEmpty();
        ledger.runs().finish(other, RunState.COMPLETED, null, null, List.of());
        Lease again = ledger.runs().takeOver(interrupted, 1, LEASE).orElseThrow();
        ledger.runs().restore(again, interrupted, true);
        assertThat(ledger.history().interrupted())
                .extracting(RunRecord::state, RunRecord::error)
                .containsExactly(tuple(RunState.CRASHED, interrupted.error()));
        ledger.runs().giveUp(crashed.run(), "that was all");
        assertThat(ledger.history().interrupted()).isEmpty();
        assertThat(ledger.history().get(crashed.run()).error()).isEqualTo(interrupted.error() + "; that was all");
    }

    @Test
    void theAttemptsBeforeARunWasReopenedDoNotCount() throws Exception {
        Lease first = running(LEASE);
        Lease second = ledger.runs().begin(first, LEASE);
        assertThat(List.of(first.retry(), second.retry())).containsExactly(0, 1);
        assertThat(ledger.history().attemptsSinceOpened(second.run())).isEqualTo(2);
        ledger.runs().finish(second, RunState.FAILED, "broken", attempt(second, RunState.FAILED, "broken"), List.of());
        Thread.sleep(5); // the clock has milliseconds
        Lease reopened = ledger.runs().reopen(second.run(), LEASE);
        assertThat(ledger.history().attemptsSinceOpened(second.run())).isZero();
        Lease third = ledger.runs().admit(reopened, "shop", 1, LEASE, List.of()).orElseThrow();
        assertThat(List.of(third.attempt(), third.retry())).containsExactly(3, 0);
        assertThat(ledger.history().attemptsSinceOpened(second.run())).isEqualTo(1);
    }

    @Test
    void noReceiverKeepsOthersFromTheirMessages() {
        for (int i = 0; i < 150; i++) {
            Lease run = running(LEASE);
            ledger.runs().finish(run, RunState.COMPLETED, null, null, List.of(), List.of("onFinished"));
        }
        Incident incident = incident("shop");
        ledger.incidents().tell(incident, "opened", "{}", List.of("direct:alert-pager"));
        assertThat(ledger.outbox().due(100)).extracting(Delivery::receiver).contains("direct:alert-pager");
    }

    private Incident incident(String pipeline) {
        ledger.incidents().open(pipeline, "failed", null, "Run x failed", "See its log");
        return ledger.incidents().open().get(0);
    }

    @Test
    void theMessagesAboutAnIncidentAreClaimedInTheirOrder() {
        List<String> channels = List.of("direct:alert-pager");
        ledger.incidents().tell(incident("shop"), "opened", "{}", channels);
        // as it was before the message was sent
        ledger.incidents().close(incident("shop"), "resolved", "{}", channels);
        List<Delivery> due = ledger.outbox().due(100);
        assertThat(due).extracting(Delivery::state).containsExactly("opened", "resolved");
        assertThat(ledger.outbox().claim(due.get(1), LEASE)).isEmpty();
        Delivery opened = ledger.outbox().claim(due.get(0), LEASE).orElseThrow();
        assertThat(ledger.outbox().claim(due.get(1), LEASE)).isEmpty();
        ledger.outbox().remove(opened);
        assertThat(ledger.outbox().claim(due.get(1), LEASE)).isPresent();
    }

    @Test
    void theEndOfAnIncidentIsToldIfItsBeginningWas() {
        Incident untold = incident("shop");
        ledger.incidents().close(untold, "resolved", "{}", List.of("direct:alert-pager"));
        assertThat(ledger.outbox().due(100)).isEmpty();
        Incident told = incident("rates");
        ledger.incidents().tell(told, "opened", "{}", List.of("direct:alert-pager"));
        // by a process that has read it before
        ledger.incidents().close(told, "resolved", "{}", List.of("direct:alert-pager"));
        assertThat(ledger.outbox().due(100)).extracting(Delivery::state).containsExactly("opened", "resolved");
    }

    @Test
    void aRunByHandIsNotTakenUpAndOneThatWasRetriedOrCancelledIsNoMore() {
        ledger.runs().create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofMillis(-1));
        assertThat(ledger.history().list("shop", RunState.CRASHED, 9)).hasSize(1);
        assertThat(ledger.history().interrupted()).isEmpty();
        Lease retried = slotRun(SLOT, Duration.ofMillis(-1));
        Lease cancelled = slotRun(SLOT.plusSeconds(1), Duration.ofMillis(-1));
        assertThat(ledger.history().interrupted()).hasSize(2);
        ledger.runs().reopen(retried.run(), LEASE);
        ledger.runs().cancel(cancelled.run());
        assertThat(ledger.history().interrupted()).isEmpty();
        assertThat(ledger.history().get(cancelled.run()).state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aRunThatSomebodyWantedToEndIsNotTakenUpWhenItsProcessEndsFirst() {
        Lease crashed = slotRun(SLOT, Duration.ofSeconds(1));
        ledger.runs().cancel(crashed.run());
        await().until(() -> ledger.history().get(crashed.run()).state() == RunState.CRASHED);
        Lease stopped = ledger.runs().begin(slotRun(SLOT.plusSeconds(1), LEASE), LEASE);
        ledger.runs().cancel(stopped.run());
        ledger.runs().interrupt(stopped, "stopped", attempt(stopped, RunState.CANCELLED, "stopped"), List.of());
        assertThat(ledger.history().interrupted()).isEmpty();
    }

    @Test
    void aLedgerOfTheFirstVersionKeepsWhatItKnows() throws Exception {
        closeLedgers();
        opened.clear();
        DataSource database = emptied();
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/ledger")
                .table("ledger_schema")
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .target("1")
                .load()
                .migrate();
        Jdbi.create(database).useHandle(h -> {
            h.execute("INSERT INTO pipelines (name, paused, revision) VALUES ('shop', 1, 3), ('rates', NULL, 0)");
            h.execute("INSERT INTO nodes (id, started, seen) VALUES ('gone:1/abcd', 1, 1)");
            String run = "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, attempts, node, token,"
                    + " lease_until, created, finished) VALUES ";
            long now = Instant.now().toEpochMilli();
            h.execute(
                    run + "('a', 'shop', 1000, 'schedule', '{}', 'completed', 1, 'gone:1/abcd', NULL, NULL, ?, ?)",
                    now,
                    now);
            h.execute(
                    run + "('b', 'shop', 2000, 'schedule', '{}', 'crashed', 1, 'gone:1/abcd', NULL, NULL, ?, ?)",
                    now,
                    now);
            h.execute(run + "('c', 'shop', 3000, 'schedule', '{}', 'running', 1, 'gone:1/abcd', 't', 1, ?, NULL)", now);
            h.execute("INSERT INTO attempts (run, attempt, state, rows, started) VALUES ('a', 1, 'completed', 7, 1),"
                    + " ('c', 1, 'running', 0, 1)");
            h.execute("INSERT INTO log_lines (run, seq, time, level, logger, message)"
                    + " VALUES ('a', 1, 1, 'INFO', 'x', 'kept')");
        });
        Ledger upgraded = another();
        assertThat(upgraded.history().list("shop", null, 9))
                .extracting(RunRecord::id, RunRecord::state, RunRecord::rows)
                .containsExactly(
                        tuple("c", RunState.CRASHED, 0L),
                        tuple("b", RunState.CRASHED, 0L),
                        tuple("a", RunState.COMPLETED, 7L));
        assertThat(upgraded.pipelines().pauses().get("shop").paused()).isTrue();
        assertThat(upgraded.logs().list("a", 0, 9)).extracting(LogLine::message).containsExactly("kept");
        // what had crashed before is nobody's; what was under way is taken up
        assertThat(upgraded.history().interrupted()).extracting(RunRecord::id).containsExactly("c");
        assertThat(upgraded.runs().create("shop", Instant.ofEpochMilli(2000), Trigger.SCHEDULE, Map.of(), LEASE))
                .isEmpty();
        assertThat(upgraded.nodes().services(LEASE)).isEmpty();
    }

    @Test
    void manyLeasesAreRenewedAtOnce() {
        Lease held = running(LEASE);
        Lease cancelled = running(LEASE);
        Lease lost = running(LEASE);
        ledger.runs().cancel(cancelled.run());
        ledger.runs().begin(lost, LEASE);
        assertThat(ledger.leases().renew(List.of(held, cancelled, lost), LEASE)).containsExactly(held.run());
        assertThat(ledger.leases().renew(List.of(), LEASE)).isEmpty();
    }

    @Test
    void aRunThatIsUnderWayHereHasNotCrashedWhateverItsLeaseSays() {
        ledger.leases().excludeFromReaping(run -> true);
        Lease late = slotRun(SLOT, Duration.ofMillis(-1));
        assertThat(ledger.history().get(late.run()).state()).isEqualTo(RunState.SCHEDULED);
        assertThat(ledger.leases().renew(late, LEASE)).isEqualTo(Lease.Status.HELD);
    }

    @Test
    void aPauseIsEveryonesAndCounted() {
        assertThat(ledger.pipelines().pause("shop", true)).isEqualTo(new Pause(true, 1));
        assertThat(another().pipelines().pauses().get("shop").paused()).isTrue();
        assertThat(ledger.pipelines().pause("shop", true)).isEqualTo(new Pause(true, 1));
        assertThat(ledger.pipelines().pause("shop", false)).isEqualTo(new Pause(false, 2));
        assertThat(ledger.pipelines().pauses().get("rates").paused()).isFalse();
        assertThatThrownBy(() -> ledger.pipelines().pause("shpo", true))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("rates, shop");
    }

    @Test
    void runsAreListedNewestFirst() {
        Lease first = running(LEASE);
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        Lease second = running(LEASE);
        ledger.runs().finish(first, RunState.FAILED, "broken", null, List.of());
        assertThat(ledger.history().list(null, null, 10))
                .extracting(RunRecord::id)
                .containsExactly(second.run(), first.run());
        assertThat(ledger.history().list("shop", RunState.FAILED, 10))
                .extracting(RunRecord::id)
                .containsExactly(first.run());
        assertThat(ledger.history().list(null, null, 1)).hasSize(1);
        assertThat(ledger.history().list("rates", null, 10)).isEmpty();
        assertThat(ledger.history().last("shop")).map(RunRecord::id).contains(second.run());
        assertThatThrownBy(() -> ledger.history().get("nope")).isInstanceOf(UsageException.class);
    }

    @Test
    void logsArePagedAndForgottenBeforeTheirRuns() {
        Lease ended = running(LEASE);
        Lease live = running(LEASE);
        Instant now = ledger.clock().instant();
        for (Lease lease : List.of(ended, live)) {
            ledger.logs()
                    .append(Map.of(
                            lease.run(),
                            IntStream.rangeClosed(1, 5)
                                    .mapToObj(i -> new LogLine(i, now, "INFO", "test", "line " + i))
                                    .toList()));
        }
        ledger.runs().finish(ended, RunState.COMPLETED, null, null, List.of());
        assertThat(ledger.logs().last(ended.run())).isEqualTo(5);
        assertThat(ledger.logs().list(ended.run(), 2, 2))
                .extracting(LogLine::message)
                .containsExactly("line 3", "line 4");

        ledger.prune(LEASE, Duration.ZERO);
        assertThat(ledger.logs().list(ended.run(), 0, 10)).isEmpty();
        assertThat(ledger.logs().list(live.run(), 0, 10)).hasSize(5);
        assertThat(ledger.history().list(null, null, 10)).hasSize(2);

        ledger.prune(Duration.ZERO, Duration.ZERO);
        assertThat(ledger.history().list(null, null, 10))
                .extracting(RunRecord::id)
                .containsExactly(live.run());
    }

    @Test
    void runsInSeveralStatesAndOfSomeTimeAreListedTogether() {
        Lease failed = running(LEASE);
        Lease crashed = running(LEASE);
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        Instant since = ledger.clock().instant().minusMillis(2);
        Lease later = running(LEASE);
        ledger.runs().finish(failed, RunState.FAILED, "broken", null, List.of());
        ledger.runs().finish(crashed, RunState.CRASHED, "gone", null, List.of());
        ledger.runs().finish(later, RunState.FAILED, "broken", null, List.of());

        Set<RunState> states = Set.of(RunState.FAILED, RunState.CRASHED, RunState.SKIPPED);
        assertThat(ledger.history().list("shop", states, null, null, 10))
                .extracting(RunRecord::id)
                .containsExactlyInAnyOrder(later.run(), crashed.run(), failed.run())
                .startsWith(later.run());
        assertThat(ledger.history().list(null, states, null, null, 1))
                .extracting(RunRecord::id)
                .containsExactly(later.run());
        assertThat(ledger.history().list(null, Set.of(), since, null, 10))
                .extracting(RunRecord::id)
                .containsExactly(later.run());
    }

    @Test
    void theNewestRunOfEachPipelineInEachStateIsKnown() {
        Lease old = running(LEASE);
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        Lease failed = running(LEASE);
        Lease first = running(LEASE);
        Lease second = running(LEASE);
        ledger.runs().finish(old, RunState.FAILED, "broken", null, List.of());
        ledger.runs().finish(failed, RunState.FAILED, "broken", null, List.of());

        Map<String, List<RunRecord>> latest = ledger.history().latest(List.of("shop", "rates"));
        assertThat(latest).containsOnlyKeys("shop");
        assertThat(latest.get("shop"))
                .extracting(RunRecord::id)
                .containsExactlyInAnyOrder(failed.run(), first.run(), second.run());
    }

    private Lease finished(RunState state) {
        Lease lease = running(LEASE);
        ledger.runs().finish(lease, state, "broken", attempt(lease, state, "broken"), List.of());
        return lease;
    }

    private static List<WaitingRuns.Claimed> claim(Ledger by, int most) {
        return by.waiting().claim(Map.of("shop", 1, "rates", 1), true, most, run -> false, LEASE);
    }

    @Test
    void aDetachedRunIsTakenByOneOfManyNodes() throws Exception {
        Set<String> asked = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            asked.add(ledger.waiting().add("shop", Map.of("n", "" + i)));
        }
        assertThat(ledger.waiting().claim(Map.of("other", 1), true, 9, run -> false, LEASE))
                .isEmpty();
        List<Ledger> nodes = IntStream.range(0, 4).mapToObj(i -> another()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(nodes.size());
        List<String> taken = new ArrayList<>();
        try {
            List<Future<List<String>>> each = new ArrayList<>();
            for (Ledger node : nodes) {
                each.add(threads.submit(() -> {
                    List<String> its = new ArrayList<>();
                    for (int i = 0; i < 40; i++) {
                        claim(node, 2).forEach(claimed -> its.add(claimed.run().id()));
                    }
                    return its;
                }));
            }
            for (Future<List<String>> its : each) {
                taken.addAll(its.get());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(taken).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(asked);
    }

    @Test
    void aDetachedRunHindersNobodyUntilItIsTakenAndThenItIsARunLikeOthers() {
        String asked = ledger.waiting().add("shop", Map.of("day", "2026-01-30"));
        RunRecord waiting = ledger.history().get(asked);
        assertThat(waiting.state()).isEqualTo(RunState.SCHEDULED);
        assertThat(waiting.node()).isNull();
        Lease byHand = running(LEASE);
        assertThat(byHand.attempt()).isEqualTo(1);
        ledger.runs().finish(byHand, RunState.COMPLETED, null, null, List.of());

        Ledger node = another();
        WaitingRuns.Claimed claimed = claim(node, 1).get(0);
        assertThat(claimed.run().parameters()).isEqualTo(Map.of("day", "2026-01-30"));
        assertThat(claimed.run().trigger()).isEqualTo(Trigger.MANUAL);
        assertThat(claim(ledger, 1)).isEmpty();
        Lease begun =
                node.runs().admit(claimed.lease(), "shop", 1, LEASE, List.of()).orElseThrow();
        node.runs().finish(begun, RunState.COMPLETED, null, attempt(begun, RunState.COMPLETED, null), List.of());
        assertThat(ledger.history().get(asked).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void aDetachedRunIsCancelledWhileItWaits() {
        String asked = ledger.waiting().add("shop", Map.of());
        ledger.runs().cancel(asked);
        RunRecord cancelled = ledger.history().get(asked);
        assertThat(cancelled.state()).isEqualTo(RunState.CANCELLED);
        assertThat(cancelled.finished()).isNotNull();
        assertThat(claim(ledger, 1)).isEmpty();
    }

    @Test
    void aDetachedRunOfADeadNodeIsInterruptedAndAnAttendedOneIsNot() {
        ledger.waiting().add("shop", Map.of());
        Lease detached = another()
                .waiting()
                .claim(Map.of("shop", 1), true, 1, run -> false, Duration.ofMillis(1))
                .get(0)
                .lease();
        running(Duration.ofMillis(1));
        await().untilAsserted(() -> assertThat(another().history().interrupted())
                .extracting(RunRecord::id)
                .containsExactly(detached.run()));
        assertThat(ledger.history().list("shop", RunState.CRASHED, 9)).hasSize(2);
    }

    @Test
    void aRequestedRetryWaitsForItsTurn() {
        Lease failed = finished(RunState.FAILED);
        Lease busy = running(LEASE);
        ledger.waiting().reopen(failed.run());
        assertThatThrownBy(() -> ledger.waiting().reopen(failed.run()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("it is scheduled");
        Ledger node = another();
        assertThat(claim(node, 1)).isEmpty();
        ledger.runs().finish(busy, RunState.COMPLETED, null, null, List.of());
        assertThat(claim(node, 1))
                .extracting(claimed -> claimed.run().trigger())
                .containsExactly(Trigger.RETRY);
        assertThat(ledger.history().attempts(failed.run())).hasSize(1);
    }

    @Test
    void aRunThatWaitsForAPlaceOnItsNodeIsTakenByAnotherAndItsOldNodeLosesIt() {
        Map<String, RunTable.Created> slots = ledger.runs().createAll(SLOT, pipelines(0, 3), LEASE);
        Lease attended = ledger.runs()
                .create("p9", null, Trigger.MANUAL, Map.of(), LEASE)
                .orElseThrow();
        Map<String, Integer> limits = Map.of("p0", 1, "p1", 1, "p2", 1, "p9", 1);
        Ledger node = another();
        Lease begun = ledger.runs()
                .admit(slots.get("p0").lease(), "p0", 1, LEASE, List.of())
                .orElseThrow();
        assertThat(node.waiting().claim(limits, true, 9, run -> false, LEASE))
                .as("too early")
                .isEmpty();
        age();
        assertThat(ledger.waiting().claim(limits, true, 9, run -> false, LEASE))
                .as("its own")
                .isEmpty();
        Lease taken = node.waiting()
                .claim(limits, true, 1, run -> false, LEASE)
                .get(0)
                .lease();
        assertThat(taken.run()).isEqualTo(slots.get("p1").lease().run());
        assertThat(node.waiting().claim(limits, true, 9, run -> false, LEASE))
                .extracting(claimed -> claimed.run().pipeline())
                .containsExactly("p2");
        assertThatThrownBy(() -> ledger.runs().begin(slots.get("p1").lease(), LEASE))
                .isInstanceOf(RunEndedException.class)
                .hasMessageContaining("another node has taken it");
        for (Lease kept : List.of(begun, attended, taken)) {
            assertThat(ledger.leases().renew(kept, LEASE)).isEqualTo(Lease.Status.HELD);
        }
    }

    @Test
    void whatWaitsForARunOfItsPipelineStaysWhereItIs() {
        Lease busy = running(LEASE);
        ledger.runs().create("shop", SLOT, Trigger.SCHEDULE, Map.of(), LEASE);
        age();
        Ledger node = another();
        assertThat(claim(node, 1)).isEmpty();
        ledger.runs().finish(busy, RunState.COMPLETED, null, null, List.of());
        assertThat(claim(node, 1)).hasSize(1);
    }

    @Test
    void aRunSaysWhatItWaitsFor() {
        String detached = ledger.waiting().add("shop", Map.of());
        assertThat(ledger.waiting().reason(detached, LEASE))
                .hasValue("a service: none is running, start caravan serve");
        Ledger service = another();
        service.nodes().serve(Map.of("shop", "v1", "rates", "v1"), Map.of("shop", 1, "rates", 1), 1);
        assertThat(ledger.waiting().reason(detached, LEASE)).hasValue("a service with a free place");
        WaitingRuns.Claimed claimed = claim(service, 1).get(0);
        assertThat(ledger.waiting().reason(detached, LEASE).orElseThrow()).matches("its node, .*:\\d+, to begin it");
        Lease begun = service.runs()
                .admit(claimed.lease(), "shop", 1, LEASE, List.of())
                .orElseThrow();
        assertThat(ledger.waiting().reason(detached, LEASE)).isEmpty();
        Lease second = service.runs()
                .create("shop", SLOT, Trigger.SCHEDULE, Map.of(), LEASE)
                .orElseThrow();
        assertThat(ledger.waiting().reason(second.run(), LEASE))
                .hasValue("run " + detached + " of its pipeline, of which 1 can be active (maxConcurrentRuns)");
        Lease other = service.runs()
                .create("rates", SLOT, Trigger.SCHEDULE, Map.of(), LEASE)
                .orElseThrow();
        assertThat(ledger.waiting().reason(other.run(), LEASE).orElseThrow()).contains("one of the 1 places of");
        service.runs().retrying(begun, attempt(begun, RunState.FAILED, "broken"));
        assertThat(ledger.waiting().reason(detached, LEASE)).hasValue("the delay before its next attempt");
        service.runs().interrupt(other, "stopped", null, List.of());
        assertThat(ledger.waiting().reason(other.run(), LEASE)).hasValue("a service with a free place");
        ledger.pipelines().pause("rates", true);
        assertThat(ledger.waiting().reason(other.run(), LEASE).orElseThrow()).startsWith("its pipeline to be resumed");
        assertThat(ledger.waiting().reason("nope", LEASE)).isEmpty();
    }

    /** Lets the runs be older than a node has time to begin them. */
    private void age() {
        Jdbi.create(database()).useHandle(h -> h.execute("UPDATE runs SET created = created - 60000"));
    }

    @Test
    void nodesAreListedWithWhatTheyDo() {
        Ledger service = another();
        service.nodes().serve(Map.of("shop", "v1"), Map.of("shop", 1), 8);
        running(LEASE);
        ledger.runs().create("shop", null, Trigger.MANUAL, Map.of(), LEASE);
        assertThat(service.nodes().list(LEASE, Instant.EPOCH))
                .extracting(Node::service, Node::running, Node::runs, Node::waiting, Node::places)
                .containsExactlyInAnyOrder(tuple(true, true, 0, 0, 8), tuple(false, true, 1, 1, 0));
        assertThat(service.nodes().list(LEASE, Instant.EPOCH))
                .allSatisfy(node -> assertThat(node.clock()).isBetween(Duration.ofSeconds(-5), Duration.ofSeconds(5)));
        await().pollDelay(Duration.ofMillis(20)).until(() -> true);
        // of those that are silent only a service is of interest
        assertThat(service.nodes().list(Duration.ofMillis(1), Instant.EPOCH))
                .extracting(Node::service, Node::running)
                .containsExactly(tuple(true, false));
        service.close();
        assertThat(ledger.nodes().list(LEASE, Instant.EPOCH))
                .extracting(Node::service)
                .containsExactly(false);
    }

    @Test
    void aServiceIsKnownWithTheVersionsOfItsRoutesUntilItStops() {
        assertThat(ledger.nodes().services(LEASE)).isEmpty();
        Ledger service = another();
        service.nodes().serve(Map.of("shop", "v1", "rates", "v7"), Map.of("shop", 1, "rates", 2), 8);
        assertThat(ledger.nodes().services(LEASE)).singleElement().satisfies(known -> {
            assertThat(known.running()).isTrue();
            assertThat(known.versions()).isEqualTo(Map.of("shop", "v1", "rates", "v7"));
        });
        service.nodes().serve(Map.of("shop", "v2"), Map.of("shop", 1), 8);
        assertThat(ledger.nodes().services(LEASE)).extracting(Service::versions).containsExactly(Map.of("shop", "v2"));
        // who is silent for longer than it may does not run any more
        await().pollDelay(Duration.ofMillis(20)).until(() -> true);
        assertThat(ledger.nodes().services(Duration.ofMillis(1)))
                .extracting(Service::running)
                .containsExactly(false);
        service.nodes().heartbeat();
        service.close();
        assertThat(ledger.nodes().services(LEASE)).extracting(Service::running).containsExactly(false);
    }

    @Test
    void theEndOfAPauseIsKnown() {
        assertThat(ledger.pipelines().resumed()).isEmpty();
        ledger.pipelines().pause("shop", true);
        ledger.pipelines().pause("shop", false);
        assertThat(ledger.pipelines().resumed()).containsOnlyKeys("shop");
        ledger.pipelines().pause("shop", true);
        assertThat(ledger.pipelines().resumed()).isEmpty();
    }

    @Test
    void aLedgerThatANewerVersionHasMigratedIsNotWrittenAnyMore() {
        Lease lease = running(LEASE);
        migrateToNewerVersion();
        assertThatThrownBy(() -> ledger.runs().finish(lease, RunState.COMPLETED, null, null, List.of()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("migrated by a newer version");
        assertThatThrownBy(() -> ledger.pipelines().pause("shop", true)).isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> ledger.nodes().heartbeat()).isInstanceOf(PermanentException.class);
    }

    @Test
    void theNewestRunsOfEachPipelineAndWhatIsUsual() {
        List<String> shops = completed("shop", 4, 1);
        List<String> rates = completed("rates", 2, 7);
        Lease failed = running(LEASE);
        ledger.runs().finish(failed, RunState.FAILED, "broken", null, List.of());
        List<String> pipelines = List.of("shop", "rates", "unknown");

        Map<String, List<RunRecord>> newest = ledger.history().newest(pipelines, null, 3);
        assertThat(newest).containsOnlyKeys("shop", "rates");
        assertThat(newest.get("shop"))
                .extracting(RunRecord::id)
                .containsExactly(failed.run(), shops.get(3), shops.get(2));
        assertThat(newest.get("rates")).extracting(RunRecord::id).containsExactly(rates.get(1), rates.get(0));
        assertThat(ledger.history().newest(pipelines, RunState.COMPLETED, 1).get("shop"))
                .extracting(RunRecord::id)
                .containsExactly(shops.get(3));
        assertThat(ledger.history().newest(List.of(), null, 3)).isEmpty();

        Map<String, Usual> usual = ledger.statistics().usual(pipelines);
        assertThat(usual).containsOnlyKeys("shop", "rates");
        assertThat(usual.get("shop").runs()).isEqualTo(4);
        assertThat(usual.get("shop").rows()).isEqualTo(new Usual.Range(1, 3, 4));
        assertThat(usual.get("rates").rows()).isEqualTo(new Usual.Range(7, 8, 8));
        assertThat(usual.get("rates").millis().low()).isBetween(0L, 60_000L);
    }

    /** Completes runs, each with a row more than the one before. */
    private List<String> completed(String pipeline, int count, int rows) {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Lease waiting = ledger.runs()
                    .create(pipeline, null, Trigger.MANUAL, Map.of(), LEASE)
                    .orElseThrow();
            Lease held =
                    ledger.runs().admit(waiting, pipeline, 9, LEASE, List.of()).orElseThrow();
            Instant now = ledger.clock().instant();
            AttemptRecord attempt =
                    new AttemptRecord(1, RunState.COMPLETED, rows + i, 10, null, now, now, List.of(), List.of());
            ledger.runs().finish(held, RunState.COMPLETED, null, attempt, List.of());
            runs.add(held.run());
            await().pollDelay(Duration.ofMillis(2)).until(() -> true); // so that the ids sort
        }
        return runs;
    }

    @Test
    void theListOfRunsContinuesAfterAPage() {
        List<String> runs = completed("shop", 5, 1);
        List<RunRecord> page = ledger.history().list("shop", Set.of(), null, null, 2);
        assertThat(page).extracting(RunRecord::id).containsExactly(runs.get(4), runs.get(3));
        assertThat(ledger.history()
                        .list(
                                "shop",
                                Set.of(RunState.COMPLETED),
                                null,
                                page.get(1).id(),
                                9))
                .extracting(RunRecord::id)
                .containsExactly(runs.get(2), runs.get(1), runs.get(0));
    }

    @Test
    void runsAreCountedByDayAndState() {
        completed("shop", 2, 1);
        completed("rates", 1, 1);
        running(LEASE);
        LocalDate today = LocalDate.ofInstant(ledger.clock().instant(), ZoneOffset.UTC);
        LocalDate before = today.minusDays(1); // a run before midnight counts as well
        Map<LocalDate, Map<RunState, Long>> counts =
                ledger.statistics().countByDay(null, before.minusDays(28), today, ZoneOffset.UTC);
        assertThat(counts).hasSize(30);
        assertThat(counts.get(before.minusDays(28))).isEmpty();
        assertThat(sum(counts, RunState.COMPLETED)).isEqualTo(3);
        assertThat(sum(counts, RunState.RUNNING)).isEqualTo(1);
        assertThat(sum(ledger.statistics().countByDay("rates", before, today, ZoneOffset.UTC), RunState.COMPLETED))
                .isEqualTo(1);
        assertThat(ledger.statistics().countByDay(null, before.minusDays(9), before.minusDays(3), ZoneOffset.UTC))
                .hasSize(7)
                .allSatisfy((day, states) -> assertThat(states).isEmpty());
    }

    private static long sum(Map<LocalDate, Map<RunState, Long>> counts, RunState state) {
        return counts.values().stream()
                .mapToLong(states -> states.getOrDefault(state, 0L))
                .sum();
    }

    @Test
    void slotsAreCountedByDayAndState() {
        Instant noon = Instant.parse("2026-01-31T12:00:00Z");
        SortedMap<Instant, String> missed = new TreeMap<>();
        missed.put(noon, "The service was down");
        missed.put(noon.plus(11, ChronoUnit.HOURS), "The service was down");
        missed.put(noon.plus(12, ChronoUnit.HOURS), "The service was down");
        ledger.slots().settle("shop", noon, missed);
        ledger.runs().create("shop", noon.plusSeconds(1), Trigger.SCHEDULE, Map.of(), LEASE);
        LocalDate day = LocalDate.parse("2026-01-31");
        assertThat(ledger.slots().countByDay("shop", noon, noon.plus(2, ChronoUnit.DAYS)))
                .containsOnly(
                        Map.entry(day, Map.of(RunState.MISSED, 2L, RunState.SCHEDULED, 1L)),
                        Map.entry(day.plusDays(1), Map.of(RunState.MISSED, 1L)));
        assertThat(ledger.slots().countByDay("shop", noon.minusSeconds(1), noon))
                .isEmpty();
        assertThat(ledger.slots().countByDay("rates", noon, noon.plusSeconds(9)))
                .isEmpty();
    }

    @Test
    void theLastStepsOfRunsAreKnown() {
        Lease first = running(LEASE);
        ledger.runs().retrying(first, attempt(first, RunState.FAILED, "no route to host"));
        Lease second = ledger.runs().begin(first, LEASE);
        ledger.runs().finish(second, RunState.COMPLETED, null, attempt(second, RunState.COMPLETED, null), List.of());
        String without = completed("rates", 1, 1).get(0);
        assertThat(ledger.history().lastSteps(List.of(first.run(), without, "unknown")))
                .containsOnlyKeys(first.run())
                .extractingByKey(first.run(), list(StepRecord.class))
                .extracting(StepRecord::id, StepRecord::state)
                .containsExactly(tuple("load", RunState.COMPLETED));
        assertThat(ledger.history().lastSteps(List.of())).isEmpty();
    }

    @Test
    void logsAreSearchedFromTheNewestRunBackwards() {
        String shop = completed("shop", 1, 1).get(0);
        String rates = completed("rates", 1, 1).get(0);
        Instant now = ledger.clock().instant().truncatedTo(ChronoUnit.MILLIS);
        ledger.logs()
                .append(Map.of(
                        shop,
                        List.of(
                                new LogLine(1, now.minusSeconds(60), "INFO", "test", "100% of Orders"),
                                new LogLine(2, now, "WARN", "test", "orders_late"),
                                new LogLine(3, now, "DEBUG", "test", "orders in detail")),
                        rates,
                        List.of(
                                new LogLine(1, now, "INFO", "test", "no quota left for orders"),
                                new LogLine(2, now, "ERROR", "test", "quota exceeded"))));

        assertThat(ledger.logSearch().ofRun(shop, "ORDERS", null, 2))
                .extracting(LogLine::message)
                .containsExactly("100% of Orders", "orders_late");
        assertThat(ledger.logSearch().ofRun(shop, null, Level.WARN, 9))
                .extracting(LogLine::message)
                .containsExactly("orders_late");
        assertThat(messages(new LogSearch.Filter("ORDERS", null, null, null, null)))
                .containsExactly("no quota left for orders", "orders in detail", "orders_late", "100% of Orders");
        assertThat(messages(new LogSearch.Filter("0%", null, null, null, null))).containsExactly("100% of Orders");
        assertThat(messages(new LogSearch.Filter("s_l", null, null, null, null)))
                .containsExactly("orders_late");
        assertThat(messages(new LogSearch.Filter(null, Level.WARN, null, null, null)))
                .containsExactly("quota exceeded", "orders_late");
        assertThat(messages(new LogSearch.Filter(null, Level.ERROR, null, null, null)))
                .containsExactly("quota exceeded");
        assertThat(messages(new LogSearch.Filter(null, Level.INFO, "shop", null, null)))
                .containsExactly("orders_late", "100% of Orders");
        assertThat(messages(new LogSearch.Filter("orders", Level.WARN, "shop", now, null)))
                .containsExactly("orders_late");
        assertThat(messages(new LogSearch.Filter(null, null, null, null, now.minusSeconds(1))))
                .isEmpty(); // of runs that were created until then
        assertThat(messages(new LogSearch.Filter(null, null, null, now.plusSeconds(1), null)))
                .isEmpty();

        LogSearch.Filter orders = new LogSearch.Filter("orders", null, null, null, null);
        LogSearch.Page first = ledger.logSearch().find(orders, null, 3);
        assertThat(first.lines())
                .extracting(LogSearch.Found::run, LogSearch.Found::pipeline, found -> found.line()
                        .seq())
                .containsExactly(tuple(rates, "rates", 1L), tuple(shop, "shop", 3L), tuple(shop, "shop", 2L));
        LogSearch.Page second = ledger.logSearch().find(orders, first.next(), 3);
        assertThat(second.lines()).extracting(found -> found.line().message()).containsExactly("100% of Orders");
        assertThat(second.next()).isNull();
        assertThatThrownBy(() -> ledger.logSearch().find(orders, "nonsense", 3)).isInstanceOf(UsageException.class);
    }

    private List<String> messages(LogSearch.Filter filter) {
        return ledger.logSearch().find(filter, null, 100).lines().stream()
                .map(found -> found.line().message())
                .toList();
    }

    @Test
    void aSearchStopsAfterManyLinesAndCanBeContinued() {
        String run = completed("shop", 1, 1).get(0);
        Jdbi.create(database())
                .useHandle(h -> h.execute(
                        "INSERT INTO log_lines (run, seq, time, level, logger, message)"
                                + " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 200000)"
                                + " SELECT ?, i, 0, 'INFO', 'test', CASE i WHEN 1 THEN 'needle' ELSE 'hay' END FROM n",
                        run));
        for (String pipeline : Arrays.asList(null, "shop")) {
            LogSearch.Filter needle = new LogSearch.Filter("needle", null, pipeline, null, null);
            LogSearch.Page page = ledger.logSearch().find(needle, null, 10);
            assertThat(page.lines()).isEmpty();
            page = ledger.logSearch().find(needle, page.next(), 10);
            assertThat(page.lines()).hasSize(1);
            assertThat(page.next()).isNull();
        }
    }

    /** Every statement that the tests before this one have executed counts as well. */
    @Order(Integer.MAX_VALUE)
    @Test
    void noStatementReadsAllRuns() throws Exception {
        Lease lease = running(LEASE);
        ledger.runs().createAll(SLOT, new TreeMap<>(Map.of("rates", Map.of())), LEASE);
        ledger.queue().hasTurn(lease, 1);
        ledger.queue().earlierSlotWaits(lease, "shop");
        ledger.queue().cancelOlder(lease, "shop");
        ledger.leases().renew(lease, LEASE);
        ledger.runs().cancelRequests();
        ledger.runs().finish(lease, RunState.FAILED, "broken", attempt(lease, RunState.FAILED, "broken"), List.of());
        ledger.waiting().reopen(lease.run());
        ledger.waiting().add("shop", Map.of());
        assertThat(claim(another(), 5)).isNotEmpty();
        ledger.nodes().list(LEASE, Instant.EPOCH);
        ledger.history().ofSlot("shop", SLOT);
        for (String pipeline : Arrays.asList(null, "shop")) {
            for (Instant since : Arrays.asList(null, Instant.EPOCH)) {
                for (String before : Arrays.asList(null, lease.run())) {
                    ledger.history().list(pipeline, Set.of(), since, before, 5);
                    ledger.history().list(pipeline, Set.of(RunState.FAILED), since, before, 5);
                    ledger.history().list(pipeline, Set.of(RunState.FAILED, RunState.CRASHED), since, before, 5);
                }
                for (Level level : Arrays.asList(null, Level.INFO, Level.WARN)) {
                    ledger.logSearch().find(new LogSearch.Filter("x", level, pipeline, since, since), null, 5);
                }
            }
            ledger.statistics().countByDay(pipeline, LocalDate.EPOCH, LocalDate.EPOCH.plusDays(29), ZoneOffset.UTC);
        }
        ledger.history().latest(List.of("shop", "rates"));
        ledger.history().newest(List.of("shop", "rates"), null, 30);
        ledger.statistics().usual(List.of("shop", "rates"));
        ledger.history().attempts(lease.run());
        ledger.history().interrupted();
        ledger.logs().last(lease.run());
        ledger.logs().list(lease.run(), 0, 5);
        ledger.prune(Duration.ofDays(1), Duration.ofDays(1));
        Set<String> statements = Set.copyOf(STATEMENTS.get(getClass()));
        assertThat(statements).hasSizeGreaterThan(40);

        fill(20_000);
        assertThat(statements)
                .filteredOn(statement -> !statement.startsWith("INSERT"))
                .allSatisfy(statement -> assertThat(wholeReads(statement)).isEmpty());
    }

    /** Makes the tables as large as they have to be for the database to choose between its indexes. */
    private void fill(int runs) {
        Jdbi.create(database()).useHandle(h -> {
            h.execute("DELETE FROM runs");
            h.execute(
                    "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, attempts, created, started, finished)"
                            + " WITH RECURSIVE n (i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM n WHERE i < "
                            + (100000 + runs) + ")"
                            + " SELECT '0' || i, 'p' || (i % 100), i, 'schedule', '{}', CASE i % 50 WHEN 0 THEN 'failed' ELSE 'completed' END,"
                            + " 1, i, i, i FROM n");
            h.execute("INSERT INTO attempts (run, attempt, state, started) SELECT id, 1, state, started FROM runs");
            h.execute(
                    "INSERT INTO steps (run, attempt, id, state, started) SELECT id, 1, 'load', state, started FROM runs");
            h.execute("INSERT INTO log_lines (run, seq, time, level, logger, message)"
                    + " SELECT id, s.column1, started, CASE state WHEN 'failed' THEN 'ERROR' ELSE 'INFO' END, 'x', 'y'"
                    + " FROM runs CROSS JOIN (VALUES (1), (2), (3)) AS s");
            h.execute("ANALYZE");
        });
    }

    /** The test's database. */
    abstract DataSource database();

    /** The parts of a statement's plan that read a large table from its beginning to its end. */
    abstract List<String> wholeReads(String statement) throws Exception;

    /** As a newer program would leave it. */
    abstract void migrateToNewerVersion();
}
