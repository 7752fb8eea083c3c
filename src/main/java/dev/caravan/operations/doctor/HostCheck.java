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

/** Checks that Snowflake's host responds, and that the clocks agree: login tokens are valid for one minute. */
record HostCheck(DoctorContext context) implements Check {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
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
            return Cause.HOST_WRONG.found("snowflake.host is not a valid host name", example());
        }
        try {
            Instant before = Instant.now();
            String date = HttpClient.newBuilder()
                    .connectTimeout(TIMEOUT)
                    .build()
                    .send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), BodyHandlers.discarding())
                    .headers()
                    .firstValue("Date")
                    .orElse(null);
            return date == null ? pass(host + " responds, without a date") : compare(host, date, before);
        } catch (IOException e) {
            return unreachable(host, e);
        } catch (IllegalArgumentException e) {
            return Cause.HOST_WRONG.found("snowflake.host is not a valid host name", example());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PermanentException("Interrupted", e);
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
                        "synchronize the clock, for example by NTP (chronyd, systemd-timesyncd): login tokens are valid for one minute");
            }
            return pass(host + " responds, clocks agree within " + ahead.abs().toSeconds() + " s");
        } catch (DateTimeException e) {
            return pass(host + " responds, with an invalid date");
        }
    }

    private static Finding unreachable(String host, IOException failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof UnknownHostException || t instanceof java.nio.channels.UnresolvedAddressException) {
                return Cause.HOST_WRONG.found("unknown host " + host, example());
            }
        }
        return Cause.SNOWFLAKE_UNREACHABLE.found(
                host + " does not respond (" + failure.getClass().getSimpleName() + ")",
                "check snowflake.host, the network, proxy and firewall: port 443 must be open to the hosts that SELECT"
                        + " SYSTEM$ALLOWLIST() lists");
    }

    private static String example() {
        return "set snowflake.host to ORGANIZATION-ACCOUNT.snowflakecomputing.com, as Snowsight shows it under Account"
                + " details";
    }
}
