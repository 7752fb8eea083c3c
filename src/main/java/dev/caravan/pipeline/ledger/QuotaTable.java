package dev.caravan.pipeline.ledger;

import dev.caravan.run.Quota;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** What is left of the quotas of APIs, as the runs of all processes were last told. */
public final class QuotaTable {

    /**
     * A quota at a time.
     *
     * @param told when the API said so
     */
    public record KnownQuota(Quota quota, Instant told) {}

    private final Jdbi jdbi;
    private final Writes writes;

    QuotaTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Records what was said just now. */
    public void save(Collection<Quota> quotas) {
        writes.run(h -> quotas.forEach(quota -> h.createUpdate("INSERT INTO quotas (api, remaining, total, told)"
                        + " VALUES (:api, :remaining, :total, <now>) ON CONFLICT (api) DO UPDATE"
                        + " SET remaining = excluded.remaining, total = excluded.total, told = excluded.told")
                .bind("api", quota.api())
                .bind("remaining", quota.remaining())
                .bind("total", quota.total())
                .execute()));
    }

    /** Returns the last known quota of each API, by name. An API without a quota, or not yet used, is not among them. */
    public List<KnownQuota> list() {
        return jdbi.withHandle(h -> h.createQuery("SELECT api, remaining, total, told FROM quotas ORDER BY api")
                .map((row, context) -> new KnownQuota(
                        new Quota(
                                row.getString("api"),
                                row.getLong("remaining"),
                                row.getObject("total") == null ? null : row.getLong("total")),
                        Instant.ofEpochMilli(row.getLong("told"))))
                .list());
    }
}
