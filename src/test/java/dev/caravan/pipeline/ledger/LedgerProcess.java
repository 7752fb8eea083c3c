package dev.caravan.pipeline.ledger;

import dev.caravan.JavaProcess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Another process that works with a ledger. */
final class LedgerProcess {

    static final int SLOTS = 60;

    private LedgerProcess() {}

    static Process start(String work, String url) throws IOException {
        return JavaProcess.of(LedgerProcess.class, List.of(), work, url).start();
    }

    public static void main(String[] args) throws Exception {
        try (Ledger ledger = Ledger.open(args[1], null, null)) {
            ledger.pipelines().register(List.of("shop"));
            if (args[0].equals("slots")) {
                System.out.println(IntStream.range(0, SLOTS)
                        .filter(i -> ledger.runs()
                                .create(
                                        "shop",
                                        Instant.EPOCH.plusSeconds(i),
                                        Trigger.SCHEDULE,
                                        Map.of(),
                                        Duration.ofHours(1))
                                .isPresent())
                        .count());
            } else {
                Lease lease = ledger.runs()
                        .create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofHours(1))
                        .orElseThrow();
                System.out.println(ledger.runs()
                        .admit(lease, "shop", 1, Duration.ofHours(1), List.of())
                        .orElseThrow()
                        .run());
                // ends when it is killed, or with the process that started it
                System.in.read();
            }
        }
    }
}
