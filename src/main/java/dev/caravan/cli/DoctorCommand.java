package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.Finding;
import dev.caravan.operations.RouteUses;
import dev.caravan.operations.Settings;
import dev.caravan.operations.doctor.Doctor;
import dev.caravan.run.PermanentException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description =
                "Diagnose problems: checks the settings, the systems that they point to, and the last runs, and reports each"
                        + " cause with its fix. Changes nothing. Exits with 1 if it found a problem.")
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() {
        List<Finding> pipelines = new ArrayList<>();
        RouteUses uses = RouteUses.everything();
        try (Application application = context.startQuietly(Extent.PIPELINES)) {
            uses = RouteUses.of(application.context());
            application.broken().mistakes().forEach(mistake -> pipelines.add(Doctor.withoutPipelines(mistake)));
            pipelines.addAll(Doctor.pipelines(application.pipelines()));
        } catch (PermanentException e) {
            pipelines.add(Doctor.withoutPipelines(e));
        }
        List<Finding> findings = new ArrayList<>();
        // the settings alone: anything else would fail on the first secret that cannot be read
        try (Application application = context.startQuietly(Extent.SETTINGS)) {
            findings.addAll(Doctor.outside(new Settings(application.context()), uses));
        }
        findings.addAll(pipelines);
        Optional<Finding> first = findings.stream().filter(Finding::failed).findFirst();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cause", first.map(Finding::check).orElse(null));
        fields.put("found", first.map(Finding::found).orElse("no problems found"));
        fields.put("fix", first.map(Finding::fix).orElse(null));
        fields.put("checks", findings.stream().map(Fields::finding).toList());
        context.output().record(fields);
        return first.isPresent() ? 1 : 0;
    }
}
