package dev.caravan.operations.doctor;

import dev.caravan.exchangerates.OpenExchangeRates;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.NotApplicable;
import dev.caravan.operations.RouteUses;
import dev.caravan.operations.Settings;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.EngineFactory.Feature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Diagnoses problems. Each check names its prerequisites, and does not run if one of them fails, because its failure would
 * be a consequence.
 */
public final class Doctor {

    /** A check and its prerequisites. */
    private record Planned(Check check, List<Check> needs) {}

    private final List<Planned> plan = new ArrayList<>();

    private Doctor() {}

    private Check add(Check check, Check... needs) {
        plan.add(new Planned(check, List.of(needs)));
        return check;
    }

    /** Checks the settings and the external systems that they point to. */
    public static List<Finding> outside(Settings settings, RouteUses uses) {
        try (DoctorContext context = new DoctorContext(settings)) {
            Doctor doctor = new Doctor();
            boolean described = settings.readable("exchange-rates.url") != null
                    || !settings.written("exchange-rates.")
                            .getOrDefault("exchange-rates.url", "")
                            .isBlank();
            boolean rates = described && uses.api(OpenExchangeRates.BEAN);
            if (needsInfrastructure(settings)) {
                Check session = doctor.snowflake(context);
                if (rates || uses.calls("direct:snowpipe")) {
                    doctor.snowpipe(context, session);
                } else {
                    doctor.add(new NotApplicable("bucket and pipe", "no route writes files for Snowpipe"));
                }
            }
            for (JdbcSource source : JdbcSource.of(settings)) {
                boolean used = uses.dataSource(source.bean()) || source.isWarehouse(settings);
                Check secrets = new SecretsCheck(context, "data source " + source.bean(), source.settings());
                Check login = new SourceCheck(context, source, used);
                if (used) {
                    doctor.add(secrets);
                    doctor.add(login, secrets);
                } else {
                    doctor.add(login);
                }
            }
            for (String bean : ApiCheck.beans(context)) {
                ApiCheck check = new ApiCheck(context, bean, uses.api(bean));
                boolean hubSpot = uses.hubSpot(bean);
                if (hubSpot) {
                    HubSpotCheck access = new HubSpotCheck(context, bean, uses.hubSpotObjects(bean));
                    doctor.add(access, doctor.add(new SecretsCheck(context, access.name(), access.settings())));
                }
                if (check.used()) {
                    doctor.add(check, doctor.add(new SecretsCheck(context, check.name(), check.settings())));
                } else if (!hubSpot) {
                    doctor.add(
                            bean.equals(HubSpotCheck.BEAN)
                                    ? new NotApplicable("HubSpot", "not used by any route")
                                    : check);
                }
            }
            if (rates) {
                Check secrets = doctor.add(new SecretsCheck(
                        context, "Open Exchange Rates", List.of("exchange-rates.url", "exchange-rates.api-key")));
                doctor.add(new ExchangeRatesCheck(context), secrets);
            } else {
                doctor.add(new NotApplicable(
                        "Open Exchange Rates", described ? "not used by any route" : "exchange-rates.url is not set"));
            }
            return doctor.run(Cause::of);
        }
    }

    private static boolean needsInfrastructure(Settings settings) {
        try {
            return settings.engine().features().contains(Feature.INFRASTRUCTURE);
        } catch (UsageException unknownEngine) {
            return false; // reported when the pipelines are started
        }
    }

    private Check snowflake(DoctorContext context) {
        Check secrets = add(SecretsCheck.ofSnowflake(context));
        Check host = add(new HostCheck(context), secrets);
        Check login = add(new LoginCheck(context), host);
        add(new KeyCheck(context), login);
        return add(new SessionCheck(context), login);
    }

    private void snowpipe(DoctorContext context, Check session) {
        Check bucket = add(new BucketCheck(context));
        Check table = add(new RatesTableCheck(context), session);
        Check pipe = add(new PipeStateCheck(context), table);
        add(new NotificationCheck(context), bucket, pipe);
        add(new FilesCheck(context), table);
    }

    /** Checks the runs of the pipelines in the ledger, those with a schedule first. */
    public static List<Finding> pipelines(Pipelines pipelines) {
        Doctor doctor = new Doctor();
        pipelines.list().stream()
                .sorted(Comparator.comparing((Pipeline pipeline) -> pipeline.cron() == null))
                .forEach(pipeline -> doctor.add(new RunsCheck(pipelines, pipeline.name())));
        return doctor.run(Doctor::withoutPipelines);
    }

    /** Returns the finding for pipelines or a ledger that cannot be read; the exception's message says what to do. */
    public static Finding withoutPipelines(RuntimeException failure) {
        return (failure instanceof UsageException ? Cause.SETTING_WRONG : Cause.LEDGER_UNREACHABLE)
                .found(
                        Check.sentence(failure),
                        failure instanceof UsageException
                                ? null
                                : "check ledger.url, ledger.username and ledger.password, and whether the server is running");
    }

    private List<Finding> run(Function<RuntimeException, Finding> otherwise) {
        Map<Check, Finding> findings = new LinkedHashMap<>();
        for (Planned planned : plan) {
            Check check = planned.check();
            String wrong = planned.needs().stream()
                    .filter(need -> !findings.get(need).passed())
                    .map(Check::name)
                    .collect(Collectors.joining(", "));
            Finding finding;
            try {
                finding = wrong.isEmpty() ? check.run() : check.notChecked("depends on a failed check: " + wrong);
            } catch (PermanentException | TransientException e) {
                finding = otherwise.apply(e);
            }
            findings.put(check, finding);
        }
        return List.copyOf(findings.values());
    }
}
