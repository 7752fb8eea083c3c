package dev.caravan.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.Settings;
import dev.caravan.operations.infra.Infrastructure;
import dev.caravan.operations.infra.ResourceState;
import dev.caravan.operations.infra.ResourceStatus;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.EngineFactory.Feature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "infra",
        description = "Compare and create what production needs in Snowflake and AWS.",
        synopsisSubcommandLabel = "plan|apply",
        subcommands = {InfraCommand.Plan.class, InfraCommand.Apply.class},
        footerHeading = "%nAs an administrator, with your own credentials:%n",
        footer = {
            "  SNOWFLAKE_USERNAME=ANNA SNOWFLAKE_ROLE=ACCOUNTADMIN SNOWFLAKE_PRIVATE_KEY=\"$(cat key.p8)\" \\",
            "      caravan infra plan --profile prod"
        })
final class InfraCommand implements Runnable {

    private static final int WIDTH = 60;

    @Spec
    private picocli.CommandLine.Model.CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command: plan or apply");
    }

    private interface Work {
        int on(Infrastructure infrastructure);
    }

    private static int with(CommandContext context, Function<Settings, Infrastructure> way, Work work) {
        try (Application application = context.startQuietly(Extent.SETTINGS)) {
            Settings settings = new Settings(application.context());
            EngineFactory engine = settings.engine();
            if (!engine.features().contains(Feature.INFRASTRUCTURE)) {
                throw new UsageException("The warehouse of the profile " + context.profile() + ", " + engine.product()
                        + ", needs no infrastructure: add --profile prod.");
            }
            try (Infrastructure infrastructure = way.apply(settings)) {
                return work.on(infrastructure);
            }
        }
    }

    private static Map<String, Object> fields(ResourceStatus status) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("resource", status.resource());
        fields.put("state", status.state());
        fields.put("remark", status.remark().isEmpty() ? null : status.remark());
        fields.put("changes", status.changes());
        return fields;
    }

    /** Returns fields that fit on a screen; {@code --sql} prints the statements in full. */
    private static Map<String, Object> summary(ResourceStatus status) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("resource", status.resource());
        fields.put("state", status.state());
        List<String> notes = new ArrayList<>();
        status.changes()
                .forEach(change ->
                        notes.add(change.length() <= WIDTH ? change : change.substring(0, WIDTH - 3) + "..."));
        if (!status.remark().isEmpty()) {
            notes.add(status.remark());
        }
        fields.put("changes", notes.isEmpty() ? null : String.join("; ", notes));
        return fields;
    }

    private static void print(CommandContext context, List<ResourceStatus> statuses) {
        context.output()
                .rows(statuses.stream()
                        .map(context.isJson() ? InfraCommand::fields : InfraCommand::summary)
                        .toList());
    }

    private static long count(List<ResourceStatus> statuses, ResourceState state) {
        return statuses.stream().filter(status -> status.state() == state).count();
    }

    @Command(
            name = "plan",
            description = "Compare the accounts with what is needed; changes nothing."
                    + " Exits with 1 if something could not be inspected.")
    static final class Plan implements Callable<Integer> {

        @Mixin
        private CommandContext context;

        @ArgGroup
        private Only only = new Only();

        /** What to print instead of the table. */
        static final class Only {
            @Option(
                    names = "--sql",
                    description =
                            "Print only the statements for Snowflake, in order, for an administrator to run. Needs no"
                                    + " login: without one, prints all of them.")
            private boolean sql;

            @Option(
                    names = "--iam",
                    description = "Print the IAM policies that the roles need, as JSON. Needs no login.")
            private boolean iam;
        }

        @Override
        public Integer call() {
            return only.sql || only.iam
                    ? with(context, Infrastructure::openIfPossible, this::onlyPrint)
                    : with(context, Infrastructure::open, this::plan);
        }

        private int onlyPrint(Infrastructure infrastructure) {
            infrastructure
                    .notConnected()
                    .ifPresent(reason -> context.info(
                            "Not connected to Snowflake (" + reason + "): the output is for an empty account"));
            if (only.iam) {
                context.print(List.of(json(infrastructure.policies())));
                return 0;
            }
            List<ResourceStatus> statuses = infrastructure.statements();
            context.print(statuses.stream()
                    .flatMap(status -> status.changes().stream())
                    .map(sql -> sql + ";")
                    .toList());
            statuses.stream()
                    .filter(status -> !status.remark().isEmpty())
                    .forEach(status -> context.info(status.resource() + ": " + status.remark()));
            return 0;
        }

        private int plan(Infrastructure infrastructure) {
            List<ResourceStatus> statuses = infrastructure.plan();
            print(context, statuses);
            context.info(count(statuses, ResourceState.OK) + " of " + statuses.size() + " resources are up to date");
            return count(statuses, ResourceState.UNKNOWN) == 0 ? 0 : 1;
        }

        private static String json(Object value) {
            try {
                return new ObjectMapper()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(value);
            } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Command(
            name = "apply",
            description = "Create what is missing and fix what can be fixed; drops and replaces nothing."
                    + " Exits with 1 if something is left to do.")
    static final class Apply implements Callable<Integer> {

        @Mixin
        private CommandContext context;

        @Override
        public Integer call() {
            return with(context, Infrastructure::open, infrastructure -> {
                List<ResourceStatus> statuses = infrastructure.apply(context::info);
                print(context, statuses);
                long left = statuses.stream()
                        .filter(status -> !status.state().done())
                        .count();
                context.info(
                        left == 0
                                ? "All resources are up to date"
                                : left + " of " + statuses.size() + " resources are left to do");
                return left == 0 ? 0 : 1;
            });
        }
    }
}
