package dev.caravan.pipeline.ledger;

import dev.caravan.run.UsageException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.slf4j.event.Level;

/**
 * Searches the log lines of all runs, from the newest run and its last line backwards. A search reads a limited number of
 * lines, and can be continued where it has stopped.
 */
public final class LogSearch {

    /**
     * What is searched for.
     *
     * @param text occurs in the message, in upper or lower case; or null
     * @param level the lowest level, or null for all
     * @param pipeline only of its runs, or null
     * @param since only lines of this time or later, of runs that were created at most a day before; or null
     * @param until only lines of this time or earlier, or null
     */
    public record Filter(String text, Level level, String pipeline, Instant since, Instant until) {}

    /** A line that was found. */
    public record Found(String run, String pipeline, LogLine line) {}

    /**
     * A part of the result.
     *
     * @param next where to continue; null if there is nothing left to search
     */
    public record Page(List<Found> lines, String next) {}

    private record Position(String run, long seq) {

        private static final char SEPARATOR = '.';

        static Position parse(String text) {
            int separator = text.indexOf(SEPARATOR);
            try {
                return new Position(
                        text.substring(0, Math.max(0, separator)), Long.parseLong(text.substring(separator + 1)));
            } catch (NumberFormatException e) {
                throw new UsageException("Invalid position " + text + ": use the one that the page before names", e);
            }
        }

        @Override
        public String toString() {
            return run + SEPARATOR + seq;
        }
    }

    private static final int LINES_A_QUERY = 20_000;
    private static final int MAX_QUERIES = 10;
    private static final Duration LONGEST_RUN = Duration.ofDays(1);

    /** As the index of these lines has it. */
    private static final String PROBLEM = "l.level IN ('WARN', 'ERROR', 'FATAL')";

    private final Jdbi jdbi;

    LogSearch(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Searches the lines before a position. Of a filter that few lines match, a page may have none although there is a next
     * one: after 200,000 lines the search stops.
     *
     * @param from the {@code next} of the page before; null for the first one
     * @param limit the maximum number of lines
     * @throws UsageException if the position is invalid
     */
    public Page find(Filter filter, String from, int limit) {
        return jdbi.withHandle(h -> {
            List<Found> found = new ArrayList<>();
            Position before = from == null ? newest(filter) : Position.parse(from);
            for (int i = 0; i < MAX_QUERIES; i++) {
                Optional<Position> last = last(h, filter, before);
                found.addAll(matches(h, filter, before, last, limit - found.size()));
                if (found.size() == limit) {
                    Found oldest = found.get(limit - 1);
                    return new Page(
                            found, new Position(oldest.run(), oldest.line().seq()).toString());
                }
                if (last.isEmpty()) {
                    return new Page(found, null);
                }
                before = last.get();
            }
            return new Page(found, before.toString());
        });
    }

    private static Position newest(Filter filter) {
        return new Position(
                Ids.last(filter.until() == null ? Ids.END : filter.until().toEpochMilli()), Long.MAX_VALUE);
    }

    /** Returns the last line that the next query reads; empty if it reads all that are left. */
    private static Optional<Position> last(Handle h, Filter filter, Position before) {
        return bind(
                        h.createQuery("SELECT l.run, l.seq" + lines(filter)
                                + " ORDER BY l.run DESC, l.seq DESC LIMIT 1 OFFSET " + (LINES_A_QUERY - 1)),
                        filter,
                        before,
                        oldest(filter))
                .map((rs, context) -> new Position(rs.getString("run"), rs.getLong("seq")))
                .findOne();
    }

    private static List<Found> matches(Handle h, Filter filter, Position before, Optional<Position> last, int limit) {
        StringBuilder sql = new StringBuilder("SELECT l.run, l.seq, l.time, l.level, l.logger, l.message,"
                + " (SELECT named.pipeline FROM runs named WHERE named.id = l.run) AS pipeline" + lines(filter));
        if (last.isPresent()) {
            sql.append(" AND (l.run, l.seq) >= (:lastRun, :lastSeq)");
        }
        sql.append(matching(filter.text(), filter.level()));
        if (filter.since() != null) {
            sql.append(" AND l.time >= :since");
        }
        if (filter.until() != null) {
            sql.append(" AND l.time <= :until");
        }
        Query query = bind(
                        h.createQuery(sql.append(" ORDER BY l.run DESC, l.seq DESC LIMIT :limit")
                                .toString()),
                        filter,
                        before,
                        // for SQLite, which begins at this run, not at the last line
                        last.map(Position::run).orElse(oldest(filter)))
                .bind("limit", limit);
        last.ifPresent(position -> query.bind("lastRun", position.run()).bind("lastSeq", position.seq()));
        bindText(query, filter.text());
        if (filter.since() != null) {
            query.bind("since", filter.since().toEpochMilli());
        }
        if (filter.until() != null) {
            query.bind("until", filter.until().toEpochMilli());
        }
        return query.map((rs, context) -> found(rs)).list();
    }

    /**
     * Returns the first lines of a run that match.
     *
     * @param text occurs in the message, in upper or lower case; or null
     * @param level the lowest level, or null for all
     * @param limit the maximum number of lines
     */
    public List<LogLine> ofRun(String run, String text, Level level, int limit) {
        return jdbi.withHandle(h -> {
            Query query = h.createQuery(
                            "SELECT l.seq, l.time, l.level, l.logger, l.message FROM log_lines l WHERE l.run = :run"
                                    + problems(level) + matching(text, level) + " ORDER BY l.seq LIMIT :limit")
                    .bind("run", run)
                    .bind("limit", limit);
            bindText(query, text);
            return query.map((rs, context) -> LogTable.line(rs)).list();
        });
    }

    private static String matching(String text, Level level) {
        String levels = level == Level.ERROR
                ? " AND l.level <> 'WARN'"
                : level == Level.INFO
                        ? " AND l.level NOT IN ('DEBUG', 'TRACE')"
                        : level == Level.DEBUG ? " AND l.level <> 'TRACE'" : "";
        return (text == null ? "" : " AND l.message <like> :text ESCAPE '!'") + levels;
    }

    private static void bindText(Query query, String text) {
        if (text != null) {
            query.bind("text", "%" + text.replaceAll("([%_!])", "!$1") + "%");
        }
    }

    private static String problems(Level level) {
        return level == Level.WARN || level == Level.ERROR ? " AND " + PROBLEM : "";
    }

    /** The lines that have to be read, in the order of an index. */
    private static String lines(Filter filter) {
        // SQLite reads the tables of a CROSS JOIN in this order
        return (filter.pipeline() == null
                        ? " FROM log_lines l WHERE"
                        : " FROM runs r CROSS JOIN log_lines l WHERE r.pipeline = :pipeline AND r.id <= :run"
                                + " AND r.id >= :oldest AND l.run = r.id AND")
                + " (l.run, l.seq) < (:run, :seq) AND l.run >= :oldest" + problems(filter.level());
    }

    private static String oldest(Filter filter) {
        return filter.since() == null
                ? ""
                : Ids.first(filter.since().minus(LONGEST_RUN).toEpochMilli());
    }

    private static Query bind(Query query, Filter filter, Position before, String oldest) {
        if (filter.pipeline() != null) {
            query.bind("pipeline", filter.pipeline());
        }
        return query.bind("run", before.run()).bind("seq", before.seq()).bind("oldest", oldest);
    }

    private static Found found(ResultSet rs) throws SQLException {
        return new Found(rs.getString("run"), rs.getString("pipeline"), LogTable.line(rs));
    }
}
