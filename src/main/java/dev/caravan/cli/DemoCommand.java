package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.local.HubSpotServer;
import dev.caravan.local.LocalServices;
import dev.caravan.local.Shop;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "demo",
        description = "Run the pipelines on local services, change the source, run them again, and check the results."
                + " Works only in data/demo, which it empties first.",
        footerHeading = "%nAfterwards:%n",
        footer = {
            "  caravan sql --profile demo \"SELECT * FROM DLT.APPLICATION_DATA.PRODUCTS ORDER BY valid_ts DESC LIMIT 5\"",
            "  caravan sql --profile demo \"SELECT * FROM DLT.HUBSPOT.CONTACTS ORDER BY lastmodifieddate DESC LIMIT 5\"",
            "  caravan runs ls --profile demo"
        })
final class DemoCommand implements Callable<Integer> {

    private static final Map<String, String> SEVEN_DAYS = Map.of("start_date", "2026-09-01", "end_date", "2026-09-07");

    private static final int CHANGED_CONTACTS = 5;

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() throws Exception {
        context.requireProfile(Application.DEMO);
        refuseMistakes();
        LocalServices.reset(Application.DEMO_DATA);
        context.info("The demo works only in " + Application.DEMO_DATA);
        try (Application application = context.start(Extent.ON_DEMAND)) {
            Tour tour = new Tour(application, context::info);
            boolean passed = tour(tour, application);
            Map<String, Object> results = new LinkedHashMap<>();
            results.put("runs", tour.runs());
            results.put("checks", tour.checks());
            context.output().record(results);
            context.info(
                    passed
                            ? "All checks passed. Next: ./caravan runs ls --profile demo, ./caravan sql --profile demo"
                                    + " \"...\", files in " + Application.DEMO_DATA + "/s3. To see it all in a browser:"
                                    + " ./caravan serve --profile demo, then http://127.0.0.1:8282"
                            : "A check failed: see the table, and ./caravan runs logs ID --profile demo");
            return passed ? 0 : 1;
        }
    }

    /** Reports a mistake in settings or routes before anything is deleted. Invalid data of an earlier demo is deleted. */
    private void refuseMistakes() {
        try {
            try (Application application = context.start(Extent.ON_DEMAND)) {
                application.broken().requireNone();
            }
        } catch (UsageException e) {
            throw e;
        } catch (PermanentException e) {
            context.info("Discarding the data of an earlier demo in " + Application.DEMO_DATA + ": " + e.getMessage());
        }
    }

    private static boolean tour(Tour tour, Application application) throws Exception {
        tour.run("currencies-weekly", Map.of());
        tour.run("exchange-rates-daily", Map.of());
        tour.run("exchange-rates-backfill", SEVEN_DAYS);
        tour.run("products-daily", Map.of());
        tour.run("hubspot-daily", Map.of());

        Shop.Changes changes = Shop.of(application.context()).change();
        tour.info("The shop changed: " + changes.created() + " products added, " + changes.repriced()
                + " prices changed, " + changes.deleted() + " products removed");
        tour.run("products-daily", Map.of());
        tour.check(
                "only changed products were loaded",
                "SELECT rows_inserted, rows_updated FROM DLT.APPLICATION_DATA._caravan_loads ORDER BY committed_at DESC LIMIT 1",
                List.of(changes.rows(), 0));

        HubSpotServer hubSpot = HubSpotServer.shared();
        int contacts = hubSpot.changeContacts(CHANGED_CONTACTS).size();
        tour.info(
                "HubSpot changed: " + contacts + " of " + hubSpot.contacts() + " contacts have another email address");
        tour.run("hubspot-daily", Map.of());
        tour.check(
                "only changed contacts were loaded",
                "SELECT rows_inserted, rows_updated FROM DLT.HUBSPOT._caravan_loads ORDER BY committed_at DESC LIMIT 1",
                List.of(0, contacts));

        long requests = tour.requestsSpent();
        tour.run("exchange-rates-backfill", SEVEN_DAYS);
        tour.check("the second backfill made no requests", null, List.of(tour.requestsSpent() - requests), List.of(0));

        tour.check(
                "all currencies were loaded",
                "SELECT COUNT(*) FROM DLT.OPEN_EXCHANGE_RATES.CURRENCIES",
                tour.currencies());
        tour.check(
                "each day of rates was loaded once",
                "SELECT COUNT(*), MIN(date), MAX(date) FROM SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES",
                List.of(8, "2026-09-01", tour.latestDay()));
        tour.check(
                "products match the source",
                "SELECT COUNT(*), MIN(valid_ts), MAX(valid_ts) FROM DLT.APPLICATION_DATA.PRODUCTS",
                tour.shop("SELECT COUNT(*), MIN(valid_ts), MAX(valid_ts) FROM raw_data.products"));
        tour.check(
                "contacts match HubSpot",
                "SELECT COUNT(*), COUNT(DISTINCT id) FROM DLT.HUBSPOT.CONTACTS",
                List.of(hubSpot.contacts(), hubSpot.contacts()));
        return tour.passed();
    }
}
