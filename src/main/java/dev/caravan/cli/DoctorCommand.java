package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.Finding;
import dev.caravan.operations.Settings;
import dev.caravan.operations.doctor.Doctor;
import dev.caravan.run.PermanentException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description =
                "Find out why it does not work: looks at one thing after the other, and names the first cause and its"
                        + " mend. It changes nothing. Exits with 1 if it found one.")
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private Session session;

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        // first the settings alone: what else starts would fail on the first secret that cannot be read
        try (Application application = session.startQuietly(Extent.SETTINGS)) {
            findings.addAll(Doctor.outside(new Settings(application.context())));
        }
        if (findings.stream().noneMatch(Finding::failed)) {
            try (Application application = session.startQuietly(Extent.PIPELINES)) {
                findings.addAll(Doctor.pipelines(application.pipelines()));
            } catch (PermanentException e) {
                findings.add(Doctor.withoutPipelines(e));
            }
        }
        Finding last = findings.get(findings.size() - 1);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cause", last.failed() ? last.check() : null);
        fields.put("found", last.failed() ? last.found() : "nothing is wrong");
        fields.put("mend", last.failed() ? last.mend() : null);
        fields.put("checks", findings.stream().map(Fields::finding).toList());
        session.output().record(fields);
        return last.failed() ? 1 : 0;
    }
}
