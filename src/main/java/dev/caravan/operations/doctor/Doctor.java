package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.Settings;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Finds out why Caravan does not work. Each check needs what the checks before it have looked at, so that the first one
 * that fails is the cause, and those after it are not asked.
 */
public final class Doctor {

    private Doctor() {}

    /** Looks at the settings and at everything outside that they lead to, up to the first cause. */
    public static List<Finding> outside(Settings settings) {
        try (Site site = new Site(settings)) {
            List<Check> checks = new ArrayList<>();
            checks.add(new SecretsCheck(site));
            if (settings.isSnowflake()) {
                checks.add(new HostCheck(site));
                checks.add(new LoginCheck(site));
                checks.add(new KeyCheck(site));
                checks.add(new SessionCheck(site));
                checks.add(new BucketCheck(site));
                checks.add(new RatesTableCheck(site));
                checks.add(new PipeCheck(site));
                checks.add(new NotificationCheck(site));
                checks.add(new FilesCheck(site));
            }
            checks.add(new PostgresCheck(site));
            checks.add(new ExchangeRatesCheck(site));
            return upToTheCause(checks, Cause::of);
        }
    }

    /** Looks at what the ledger knows of the pipelines, up to the first cause. */
    public static List<Finding> pipelines(Pipelines pipelines) {
        List<Check> checks = new ArrayList<>();
        for (Pipeline pipeline : pipelines.list()) {
            checks.add(new RunsCheck(pipelines, pipeline.name()));
        }
        return upToTheCause(checks, Doctor::withoutPipelines);
    }

    /** The cause why the pipelines and their ledger cannot be looked at: the exception's sentence says what to do. */
    public static Finding withoutPipelines(RuntimeException failure) {
        return (failure instanceof UsageException ? Cause.SETTING_WRONG : Cause.LEDGER_UNREACHABLE)
                .found(
                        Check.sentence(failure),
                        failure instanceof UsageException
                                ? null
                                : "check ledger.url, ledger.username and ledger.password, and whether the server runs");
    }

    private static List<Finding> upToTheCause(List<Check> checks, Function<RuntimeException, Finding> otherwise) {
        List<Finding> findings = new ArrayList<>();
        for (Check check : checks) {
            Finding finding;
            try {
                finding = check.look();
            } catch (PermanentException | TransientException e) {
                finding = otherwise.apply(e);
            }
            findings.add(finding);
            if (finding.failed()) {
                break;
            }
        }
        return findings;
    }
}
