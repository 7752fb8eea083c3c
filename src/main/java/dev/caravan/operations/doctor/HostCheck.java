package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** Snowflake's host answers, and its clock is ours: it refuses what we sign if it is a minute off. */
record HostCheck(DoctorContext context) implements Check {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    @Override
    public String name() {
        return "host and clock of Snowflake";
    }

    @Override
    public Finding run() {
        String host = context.settings().get("snowflake.host");
        if (host == null) {
            return Cause.SETTING_WRONG.found("snowflake.host is not set", example());
        }
        URI uri;
        try {
            uri = URI.create(host.contains("://") ? host : "https://" + host);
        } catch (IllegalArgumentException e) {
            return Cause.HOST_WRONG.found("snowflake.host is no host name", example());
        }
        try {
            Instant before = Instant.now();
            String date = HttpClient.newBuilder()
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.discarding())
                    .headers()
                    .firstValue("Date")
                    .orElse(null);
            return date == null ? pass(host + " answers, without a date") : compare(host, date, before);
        } catch (IOException e) {
            return unanswered(host, e);
        } catch (IllegalArgumentException e) {
            return Cause.HOST_WRONG.found("snowflake.host is no host name", example());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PermanentException("The doctor was interrupted", e);
        }
    }

    private Finding compare(String host, String date, Instant before) {
        try {
            Duration ahead = Duration.between(
                    ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant(),
                    before);
            if (ahead.abs().compareTo(TOLERANCE) > 0) {
                return Cause.CLOCK_SKEW.found(
                        "this machine's clock is " + ahead.abs().toSeconds() + " s "
                                + (ahead.isNegative() ? "behind" : "ahead of") + " Snowflake's",
                        "set the clock, best by NTP (chronyd, systemd-timesyncd): a login counts for a minute only");
            }
            return pass(host + " answers, clocks agree to " + ahead.abs().toSeconds() + " s");
        } catch (DateTimeException e) {
            return pass(host + " answers, with a date that cannot be read");
        }
    }

    private static Finding unanswered(String host, IOException failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof UnknownHostException || t instanceof java.nio.channels.UnresolvedAddressException) {
                return Cause.HOST_WRONG.found("there is no host " + host, example());
            }
        }
        return Cause.SNOWFLAKE_UNREACHABLE.found(
                host + " does not answer (" + failure.getClass().getSimpleName() + ")",
                "check snowflake.host, the network, proxy and firewall: port 443 has to be open to the hosts that SELECT"
                        + " SYSTEM$ALLOWLIST() lists");
    }

    private static String example() {
        return "set snowflake.host to ORGANIZATION-ACCOUNT.snowflakecomputing.com, as Snowsight shows it under Account"
                + " details";
    }
}
