package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.alerts.Alerts;
import dev.caravan.alerts.RuleInForce;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.IncidentTable.Mute;
import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What is wrong, what was, and who is told.
 *
 * @param open the open incidents, newest first
 * @param past those that were resolved in the last 30 days, newest first
 * @param mutes the times without messages, in force or planned
 * @param channels that messages are sent to
 * @param rules that find incidents
 * @param names all pipelines, for the form
 */
record AlertsPage(
        List<Alert> open,
        List<Alert> past,
        List<Mute> mutes,
        List<String> channels,
        List<RuleInForce> rules,
        @JsonIgnore List<String> names,
        Instant now) {

    private static final Duration PAST = Duration.ofDays(30);
    private static final int MOST = 500;

    /**
     * An incident.
     *
     * @param pipeline its name, or {@code *} for all
     * @param told when the last message was sent, or null
     * @param toldTo the channels
     * @param muted whether no messages are sent now
     */
    record Alert(
            String incident,
            String pipeline,
            String cause,
            String run,
            String message,
            String fix,
            Instant opened,
            Instant resolved,
            Instant told,
            List<String> toldTo,
            boolean muted) {

        static Alert of(Incident incident, Set<String> muted) {
            return new Alert(
                    incident.id(),
                    incident.pipeline(),
                    incident.cause(),
                    incident.run(),
                    incident.message(),
                    incident.fix(),
                    incident.opened(),
                    incident.closed(),
                    incident.told(),
                    Alerts.toldTo(incident),
                    muted.contains(incident.pipeline()) || muted.contains(IncidentTable.ALL));
        }

        boolean concernsAll() {
            return pipeline.equals(IncidentTable.ALL);
        }
    }

    /**
     * Sends no messages about a pipeline for some time.
     *
     * @return what was done
     */
    static String mute(Data data, String pipeline, String period) {
        Duration length = Durations.positive("for", period == null ? "" : period);
        Instant now = data.now();
        data.ledger().requireWritable();
        data.ledger().incidents().mute(known(data, pipeline), now, now.plus(length));
        return "No messages about " + name(pipeline) + " until " + Words.full(now.plus(length));
    }

    /**
     * Ends that, and what is planned.
     *
     * @return what was done
     */
    static String unmute(Data data, String pipeline) {
        data.ledger().requireWritable();
        int ended = data.ledger().incidents().unmute(known(data, pipeline));
        return "Messages about " + name(pipeline) + (ended == 0 ? " were not muted" : " are sent again");
    }

    private static String known(Data data, String pipeline) {
        if (pipeline == null
                || (!pipeline.equals(IncidentTable.ALL)
                        && !data.ledger().pipelines().pauses().containsKey(pipeline))) {
            throw new UsageException("Unknown pipeline " + pipeline + "; * stands for all");
        }
        return pipeline;
    }

    private static String name(String pipeline) {
        return pipeline.equals(IncidentTable.ALL) ? "all pipelines" : pipeline;
    }

    static AlertsPage of(Data data) {
        IncidentTable incidents = data.ledger().incidents();
        Instant now = data.now();
        List<Mute> mutes = incidents.mutes();
        Set<String> muted = new HashSet<>();
        mutes.stream().filter(mute -> !mute.begins().isAfter(now)).forEach(mute -> muted.add(mute.pipeline()));
        List<Alert> open = new ArrayList<>(); // none is left out, however many newer ones are over
        incidents.open().forEach(incident -> open.add(0, Alert.of(incident, muted)));
        return new AlertsPage(
                open,
                incidents.since(now.minus(PAST), MOST).stream()
                        .filter(incident -> incident.closed() != null)
                        .map(incident -> Alert.of(incident, muted))
                        .toList(),
                mutes,
                Alerts.channels(data.context()),
                Alerts.rules(data.context()),
                List.copyOf(data.pipelines().names()),
                now);
    }
}
