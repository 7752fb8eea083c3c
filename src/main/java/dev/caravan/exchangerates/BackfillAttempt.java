package dev.caravan.exchangerates;

import dev.caravan.run.Day;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to fetch a range of days: which days exist, which are missing, how many the quota allows, and the result of
 * each. Days that are in the bucket are done, so the next attempt, or the next run, continues where this one stopped.
 */
final class BackfillAttempt {

    private static final Logger LOG = LoggerFactory.getLogger(BackfillAttempt.class);
    private static final String PROPERTY = "ExchangeRateBackfill";
    /** Snowflake keeps the load history for 14 days; one day is left as a margin. */
    private static final Duration LOAD_HISTORY = Duration.ofDays(13);

    private final List<LocalDate> range;
    private final List<LocalDate> missing;
    /** Files that an earlier attempt or a recent run has put, and perhaps did not wait for. */
    private final Set<String> recent;

    private final Set<LocalDate> written = new ConcurrentSkipListSet<>();
    private final Set<LocalDate> notAvailable = new ConcurrentSkipListSet<>();
    /** Days with an invalid response, and what is wrong with it. */
    private final Map<LocalDate, String> invalid = new ConcurrentSkipListMap<>();

    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private int allowed;
    private String quota;

    private BackfillAttempt(List<LocalDate> range, List<LocalDate> missing, Set<String> recent) {
        this.range = range;
        this.missing = missing;
        this.recent = recent;
        this.allowed = missing.size();
    }

    /** Compares the requested days with the bucket. */
    static void plan(Exchange exchange) {
        LocalDate start = exchange.getVariable("start_date", LocalDate.class);
        LocalDate end = exchange.getVariable("end_date", LocalDate.class);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        if (end.isAfter(today)) {
            throw new UsageException("end_date " + end + " is in the future: today is " + today + " (UTC).");
        }
        if (start.isBefore(DailyRates.BEGINNING)) {
            throw new UsageException(
                    "start_date " + start + " is too early: the rates start on " + DailyRates.BEGINNING + ".");
        }
        List<LocalDate> range = start.datesUntil(end.plusDays(1)).toList();
        Map<String, Instant> existing = RateFiles.list(start, end, exchange);
        List<LocalDate> missing = range.stream()
                .filter(date -> !existing.containsKey(RateFiles.key(date, exchange)))
                .toList();
        RateFiles.report(
                exchange,
                range.stream()
                        .filter(date -> existing.containsKey(RatesSchema.PREFIX + date + ".json"))
                        .toList(),
                Day.State.PRESENT,
                null);
        Instant known = Instant.now().minus(LOAD_HISTORY);
        Set<String> recent = range.stream()
                .map(date -> RateFiles.key(date, exchange))
                .filter(key -> existing.getOrDefault(key, Instant.MIN).isAfter(known))
                .collect(Collectors.toSet());
        exchange.setProperty(PROPERTY, new BackfillAttempt(range, missing, recent));
    }

    static BackfillAttempt of(Exchange exchange) {
        return exchange.getProperty(PROPERTY, BackfillAttempt.class);
    }

    /** Returns whether any day is missing. */
    boolean needsRequests() {
        return !missing.isEmpty();
    }

    /** Limits the days to fetch to the requests that are left according to {@code /usage.json}. */
    void applyQuota(Usage usage, Exchange exchange) {
        if (usage.isLimited()) {
            Run.of(exchange).ifPresent(run -> run.heard(usage.toQuota()));
        }
        long left = usage.remaining();
        // the daily run needs one request on each of them
        long kept = usage.days();
        quota = usage.isLimited()
                ? "the quota has " + left + " requests left, of which " + kept
                        + " are reserved for the daily runs until it is reset"
                : "the quota is unlimited";
        LOG.info(
                "{} of {} days are in the bucket; the rest needs {} requests, and {}",
                range.size() - missing.size(),
                range.size(),
                missing.size(),
                quota);
        if (usage.isLimited()) {
            allowed = (int) Math.max(0, Math.min(missing.size(), left - kept));
        }
    }

    /** Returns the days to fetch, the oldest first. */
    List<LocalDate> days() {
        return missing.subList(0, allowed);
    }

    /** Returns whether to fetch another day; false once a day has failed. */
    boolean continues(Exchange exchange) {
        Run.of(exchange).ifPresent(Run::ensureActive);
        return failure.get() == null;
    }

    void written(LocalDate date) {
        written.add(date);
    }

    void notAvailable(LocalDate date) {
        LOG.warn("Open Exchange Rates has no rates for {}", date);
        notAvailable.add(date);
    }

    /** Skips that day; the others continue. */
    void invalid(LocalDate date, Exception e) {
        LOG.warn("{}", e.getMessage());
        invalid.put(date, e.getMessage());
    }

    void failed(Exception e) {
        failure.compareAndSet(null, e);
    }

    /** Fails the attempt if a retry may succeed. */
    void retryIfTransient() throws Exception {
        Exception e = failure.get();
        if (e != null && !(e instanceof PermanentException)) {
            throw e;
        }
    }

    /** Returns the files that the warehouse must load: those of this attempt, and recent ones that existed. */
    List<String> files(Exchange exchange) {
        return Stream.concat(recent.stream(), writtenFiles(exchange).stream())
                .sorted()
                .toList();
    }

    /** Returns the files of this attempt. */
    List<String> writtenFiles(Exchange exchange) {
        return written.stream().map(date -> RateFiles.key(date, exchange)).toList();
    }

    /** Returns a summary, or fails the run if days are still missing. */
    String finish() {
        String summary = written.size() + " days were put into the bucket, " + (range.size() - missing.size())
                + " existed already"
                + (notAvailable.isEmpty() ? "" : ", " + list(notAvailable) + " have no rates");
        List<LocalDate> remaining = missing.stream()
                .filter(date -> !written.contains(date) && !notAvailable.contains(date))
                .toList();
        if (!remaining.isEmpty()) {
            String why;
            if (failure.get() != null) {
                why = failure.get().getMessage();
            } else if (allowed < missing.size()) {
                why = "Open Exchange Rates has too few requests left: " + missing.size() + " are needed, and " + quota
                        + ".";
            } else {
                why = String.join(" ", invalid.values());
            }
            throw new PermanentException(
                    why + " " + summary + "; " + remaining.size() + " days remain: " + list(remaining)
                            + ". Run the same command again to continue from there.",
                    failure.get());
        }
        LOG.info("{}", summary);
        return summary;
    }

    /** Lists days, with consecutive days as a range. */
    private static String list(Collection<LocalDate> days) {
        StringBuilder text = new StringBuilder();
        LocalDate first = null;
        LocalDate last = null;
        for (LocalDate day : days) {
            if (last == null || !day.equals(last.plusDays(1))) {
                append(text, first, last);
                first = day;
            }
            last = day;
        }
        return append(text, first, last).toString();
    }

    private static StringBuilder append(StringBuilder text, LocalDate first, LocalDate last) {
        if (first != null) {
            text.append(text.isEmpty() ? "" : ", ").append(first);
            if (!first.equals(last)) {
                text.append(" to ").append(last);
            }
        }
        return text;
    }
}
