package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.QuotaTable;
import dev.caravan.run.Quota;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the runs of this process hear of the quotas of APIs, until it is in the ledger: APIs can say it in each answer. */
final class Quotas {

    private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);

    private final QuotaTable table;
    private final Map<String, Quota> unsaved = new ConcurrentHashMap<>();

    Quotas(QuotaTable table) {
        this.table = table;
    }

    void heard(Quota quota) {
        unsaved.put(quota.api(), quota);
    }

    /** Saves what has been heard since the last time; if that fails, the next call will. */
    void save() {
        if (unsaved.isEmpty()) {
            return;
        }
        List<Quota> heard = List.copyOf(unsaved.values());
        try {
            table.save(heard);
            heard.forEach(quota -> unsaved.remove(quota.api(), quota));
        } catch (RuntimeException e) {
            LOG.debug("Quotas could not be saved", e);
        }
    }
}
