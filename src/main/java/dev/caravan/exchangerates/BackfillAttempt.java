package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
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
 * One attempt to fetch a range of days: what is there, what is missing, what the quota allows, and what became of it.
 * Days that are in the bucket are done, which makes the next attempt, or the next run, go on where this one stops.
 */
final class BackfillAttempt {

    private static final Logger LOG = LoggerFactory.getLogger(BackfillAttempt.class);
    private static final String PROPERTY = "ExchangeRateBackfill";
    /** Snowflake remembers for 14 days what it has loaded. */
    private static final Duration ARRIVALS_KNOWN = Duration.ofDays(13);

    private final List<LocalDate> range;
    private final List<LocalDate> missing;
    /** What an earlier attempt has put, or another run of late: nobody may have waited for it. */
    private final Set<String> fresh;

    private final Set<LocalDate> written = new ConcurrentSkipListSet<>();
    private final Set<LocalDate> notAvailable = new ConcurrentSkipListSet<>();
    /** Days whose answer cannot be right, and what is wrong with it. */
    private final Map<LocalDate, String> odd = new ConcurrentSkipListMap<>();

    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private int allowed;
    private String quota;

    private BackfillAttempt(List<LocalDate> range, List<LocalDate> missing, Set<String> fresh) {
        this.range = range;
        this.missing = missing;
        this.fresh = fresh;
        this.allowed = missing.size();
    }

    /** Compares the days that are asked for with the bucket. */
    static void plan(Exchange exchange) {
        LocalDate start = exchange.getVariable("start_date", LocalDate.class);
        LocalDate end = exchange.getVariable("end_date", LocalDate.class);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        if (end.isAfter(today)) {
            throw new UsageException("end_date " + end + " is in the future: today is " + today + " (UTC).");
        }
        if (start.isBefore(DailyRates.BEGINNING)) {
            throw new UsageException(
                    "start_date " + start + " is too early: the rates begin on " + DailyRates.BEGINNING + ".");
        }
        List<LocalDate> range = start.datesUntil(end.plusDays(1)).toList();
        Map<String, Instant> there = RateFiles.there(start, end, exchange);
        List<LocalDate> missing = range.stream()
                .filter(date -> !there.containsKey(RateFiles.key(date, exchange)))
                .toList();
        Instant known = Instant.now().minus(ARRIVALS_KNOWN);
        Set<String> fresh = range.stream()
                .map(date -> RateFiles.key(date, exchange))
                .filter(key -> there.getOrDefault(key, Instant.MIN).isAfter(known))
                .collect(Collectors.toSet());
        exchange.setProperty(PROPERTY, new BackfillAttempt(range, missing, fresh));
    }

    static BackfillAttempt of(Exchange exchange) {
        return exchange.getProperty(PROPERTY, BackfillAttempt.class);
    }

    /** Whether any day has to be fetched. */
    boolean needsRequests() {
        return !missing.isEmpty();
    }

    /** Compares what is needed with what {@code /usage.json} says is left. */
    void budget(JsonNode usage) {
        JsonNode remaining = usage.at("/data/usage/requests_remaining");
        if (!remaining.canConvertToLong()) {
            throw new TransientException("Open Exchange Rates answered /usage.json without requests_remaining.");
        }
        long left = remaining.longValue();
        // the daily run needs a request on each of them
        long kept = usage.at("/data/usage/days_remaining").asLong(0);
        quota = left < 0
                ? "the quota has no limit"
                : "the quota has " + left + " requests left, of which " + kept
                        + " are kept for the days that remain until it begins anew";
        LOG.info(
                "{} of {} days are in the bucket; the others need {} requests, and {}",
                range.size() - missing.size(),
                range.size(),
                missing.size(),
                quota);
        if (left >= 0) {
            allowed = (int) Math.max(0, Math.min(missing.size(), left - kept));
        }
    }

    /** The days to fetch, the oldest first. */
    List<LocalDate> days() {
        return missing.subList(0, allowed);
    }

    /** Whether it makes sense to ask for another day, after a failure of one it does not. */
    boolean goesOn(Exchange exchange) {
        Run.of(exchange).ifPresent(Run::ensureActive);
        return failure.get() == null;
    }

    void written(LocalDate date) {
        written.add(date);
    }

    void notAvailable(LocalDate date) {
        LOG.warn("Open Exchange Rates has no rates of {}", date);
        notAvailable.add(date);
    }

    /** That day alone stays out; the others go on. */
    void odd(LocalDate date, InvalidRatesException e) {
        LOG.warn("{}", e.getMessage());
        odd.put(date, e.getMessage());
    }

    void failed(Exception e) {
        failure.compareAndSet(null, e);
    }

    /** Ends the attempt if another one may do better. */
    void retryIfTransient() throws Exception {
        Exception e = failure.get();
        if (e != null && !(e instanceof PermanentException)) {
            throw e;
        }
    }

    /** The objects that have to arrive: those of this attempt, and fresh ones that were there. */
    List<String> files(Exchange exchange) {
        return Stream.concat(fresh.stream(), writtenFiles(exchange).stream())
                .sorted()
                .toList();
    }

    /** The objects of this attempt. */
    List<String> writtenFiles(Exchange exchange) {
        return written.stream().map(date -> RateFiles.key(date, exchange)).toList();
    }

    /** Tells what became of it, and fails the run if days remain. */
    String finish() {
        String summary = written.size() + " days were put into the bucket, " + (range.size() - missing.size())
                + " were there already"
                + (notAvailable.isEmpty() ? "" : ", of " + list(notAvailable) + " there are no rates");
        List<LocalDate> remaining = missing.stream()
                .filter(date -> !written.contains(date) && !notAvailable.contains(date))
                .toList();
        if (!remaining.isEmpty()) {
            String why;
            if (failure.get() != null) {
                why = failure.get().getMessage();
            } else if (allowed < missing.size()) {
                why = "There are not enough requests left at Open Exchange Rates: " + missing.size()
                        + " were needed, and " + quota + ".";
            } else {
                why = String.join(" ", odd.values());
            }
            throw new PermanentException(
                    why + " " + summary + "; " + remaining.size() + " days remain: " + list(remaining)
                            + ". The same command goes on from there.",
                    failure.get());
        }
        LOG.info("{}", summary);
        return summary;
    }

    /** Names days, and runs of days by their ends. */
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
