package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.verify.Verification;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "verify",
        description = "Check the installation: objects, rows and freshness in the warehouse, schedules and last runs."
                + " Changes nothing. Exits with 1 if a check fails.")
final class VerifyCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() {
        List<Finding> findings;
        try (Application application = context.startQuietly(Extent.ON_DEMAND)) {
            findings = Verification.checks(application.context()).stream()
                    .map(Check::finding)
                    .toList();
        }
        context.output().rows(findings.stream().map(Fields::finding).toList());
        return findings.stream().anyMatch(Finding::failed) ? 1 : 0;
    }
}
