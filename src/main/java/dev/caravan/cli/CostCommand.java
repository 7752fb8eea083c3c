package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.cost.CostEstimate;
import dev.caravan.operations.cost.CostLine;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "cost",
        description =
                "Estimate what a month of the schedules costs in production, by component: from the crons, the last"
                        + " runs in the ledger, and the prices in cost.*. Needs no secrets and no network.")
final class CostCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() {
        CostEstimate estimate;
        try (Application application = context.startQuietly(Extent.PIPELINES)) {
            estimate = CostEstimate.of(application.context(), LocalDate.now(ZoneOffset.UTC));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("from", estimate.from());
        fields.put("days", CostEstimate.DAYS);
        fields.put("lines", estimate.lines().stream().map(CostCommand::fields).toList());
        fields.put("total", estimate.total());
        fields.put("currency", estimate.currency());
        fields.put("prices_as_of", estimate.asOf());
        fields.put("prices_source", estimate.source());
        context.output().record(fields);
        return 0;
    }

    private static Map<String, Object> fields(CostLine line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("component", line.component());
        fields.put("quantity", line.quantity());
        fields.put("unit", line.unit());
        fields.put("price", line.price());
        fields.put("amount", line.amount());
        fields.put("basis", line.basis());
        return fields;
    }
}
