package dev.caravan.local;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The objects of one type in {@link HubSpotServer}: the current version of each, and the version that its search knows,
 * whose index lags behind.
 */
final class HubSpotObjects {

    private static final Instant BEGIN = Instant.parse("2026-01-05T08:00:00Z");
    private static final String[] FIRST = {"Ada", "Björn", "Chiara", "Dmitri", "Élodie", "Farah", "Grace", "Hiroshi"};
    private static final String[] LAST = {"O'Neill", "Núñez", "Okafor", "Smith", "van den Berg", "Zhang", "Weiß"};
    private static final String[] STAGES = {"lead", "subscriber", "opportunity", "customer"};

    /** Name to type, in order. */
    private final Map<String, String> types;

    private final String cursor;
    private final NavigableMap<String, HubSpotObject> current =
            new TreeMap<>(Comparator.comparingLong(Long::parseLong));
    private final Map<String, Indexed> stale = new HashMap<>();
    private Duration lag = Duration.ZERO;

    private HubSpotObjects(String cursor, Map<String, String> types) {
        this.cursor = cursor;
        this.types = types;
    }

    /** Contacts; the ids have 4 to 12 digits, and a third of the contacts was changed in the same millisecond. */
    static HubSpotObjects contacts(int count) {
        Map<String, String> types = new LinkedHashMap<>();
        types.put("email", "string");
        types.put("firstname", "string");
        types.put("lastname", "string");
        types.put("phone", "phone_number");
        types.put("annualrevenue", "number");
        types.put("date_of_birth", "date");
        types.put("lifecyclestage", "enumeration");
        types.put("hs_email_optout", "bool");
        types.put("fax", "string");
        types.put("createdate", "datetime");
        types.put("lastmodifieddate", "datetime");
        types.put("hs_object_id", "number");
        HubSpotObjects contacts = new HubSpotObjects("lastmodifieddate", types);
        for (int i = 0; i < count; i++) {
            Instant created = BEGIN.plus(i * 37L, ChronoUnit.MINUTES);
            Instant updated = i == 0
                    ? BEGIN.plus(31, ChronoUnit.DAYS)
                    : i % 3 == 1 ? BEGIN.plus(30, ChronoUnit.DAYS) : created.plus(i % 11, ChronoUnit.HOURS);
            Map<String, String> values = new LinkedHashMap<>();
            values.put("email", "contact" + i + "@example.com");
            values.put("firstname", FIRST[i % FIRST.length]);
            values.put("lastname", LAST[i % LAST.length]);
            values.put("phone", i % 4 == 0 ? "+49 30 555 " + (1000 + i) : null);
            values.put("annualrevenue", i % 5 == 0 ? "" : i * 1250 + "." + (10 + i % 90));
            values.put(
                    "date_of_birth",
                    i % 6 == 0 ? "" : LocalDate.of(1960, 1, 1).plusDays(i * 41L).toString());
            values.put("lifecyclestage", STAGES[i % STAGES.length]);
            values.put("hs_email_optout", i % 7 == 0 ? "true" : i % 7 == 1 ? "" : "false");
            values.put("createdate", HubSpotObject.iso(created));
            contacts.put(id(i), values, created, updated, i % 50 == 49 ? updated.plus(1, ChronoUnit.HOURS) : null);
        }
        return contacts;
    }

    /** Companies, one for ten contacts. */
    static HubSpotObjects companies(int count) {
        Map<String, String> types = new LinkedHashMap<>();
        types.put("name", "string");
        types.put("domain", "string");
        types.put("numberofemployees", "number");
        types.put("createdate", "datetime");
        types.put("hs_lastmodifieddate", "datetime");
        types.put("hs_object_id", "number");
        HubSpotObjects companies = new HubSpotObjects("hs_lastmodifieddate", types);
        for (int i = 0; i < count; i++) {
            Instant created = BEGIN.plus(i, ChronoUnit.HOURS);
            Map<String, String> values = new LinkedHashMap<>();
            values.put("name", LAST[i % LAST.length] + " " + (i + 1) + " Ltd");
            values.put("domain", "company" + i + ".example.com");
            values.put("numberofemployees", Integer.toString(5 + i * 3));
            values.put("createdate", HubSpotObject.iso(created));
            companies.put(companyId(i), values, created, created, null);
        }
        return companies;
    }

    /** As text, these ids have another order than as numbers. */
    private static String id(int i) {
        return i % 2 == 0 ? Integer.toString(7101 + i) : Long.toString(719_869_649_000L + i);
    }

    static String companyId(int i) {
        return Long.toString(90_000_000L + i);
    }

    private void put(String id, Map<String, String> values, Instant created, Instant updated, Instant archived) {
        values.put(cursor, HubSpotObject.iso(updated));
        current.put(id, new HubSpotObject(id, values, created, updated, archived));
    }

    synchronized Map<String, String> types() {
        return new LinkedHashMap<>(types);
    }

    synchronized void addType(String name, String type) {
        types.put(name, type);
    }

    synchronized void lag(Duration newLag) {
        lag = newLag;
    }

    /** All objects in the order of their ids as numbers. */
    synchronized List<HubSpotObject> all() {
        return List.copyOf(current.values());
    }

    synchronized HubSpotObject get(String id) {
        return id.matches("\\d{1,18}") ? current.get(id) : null;
    }

    /** What the search knows at a time: not the archived ones, and changes only after a while. */
    synchronized List<HubSpotObject> indexed(Instant now) {
        stale.values().removeIf(old -> !old.until().isAfter(now));
        Collection<HubSpotObject> known = new ArrayList<>();
        for (HubSpotObject object : current.values()) {
            Indexed old = stale.get(object.id());
            HubSpotObject seen = old == null ? object : old.object();
            if (seen != null && seen.archived() == null) {
                known.add(seen);
            }
        }
        return List.copyOf(known);
    }

    /** Changes or creates an object. */
    synchronized HubSpotObject change(String id, Map<String, String> changes, Instant now) {
        HubSpotObject before = current.get(id);
        Map<String, String> values = new LinkedHashMap<>(before == null ? Map.of() : before.properties());
        values.putAll(changes);
        if (!lag.isZero()) {
            stale.putIfAbsent(id, new Indexed(before, now.plus(lag)));
        }
        if (before == null) {
            values.putIfAbsent("createdate", HubSpotObject.iso(now));
        }
        put(id, values, before == null ? now : before.created(), now, null);
        return current.get(id);
    }

    /** Deletes an object. */
    synchronized void archive(String id, Instant now) {
        HubSpotObject before = current.get(id);
        current.put(id, new HubSpotObject(id, before.properties(), before.created(), before.updated(), now));
    }

    /** A version that the search shows until a moment; the object is null if the search does not know it yet. */
    private record Indexed(HubSpotObject object, Instant until) {}
}
