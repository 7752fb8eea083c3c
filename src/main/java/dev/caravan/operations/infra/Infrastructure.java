package dev.caravan.operations.infra;

import dev.caravan.operations.Check;
import dev.caravan.operations.Settings;
import dev.caravan.operations.infra.Resource.Place;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The resources that production needs in Snowflake and AWS, in the order of their creation. Nothing is ever dropped or
 * replaced, and what others have configured stays.
 */
public final class Infrastructure implements AutoCloseable {

    private final InfraSettings settings;
    /** Null if not connected to Snowflake. */
    private final Connection connection;

    private final String notConnected;
    private final AwsClients aws;
    private final AccountConnection snowflake;
    private final StorageIntegration integration;
    private final IamPolicies iam;
    private final List<Resource> objects = new ArrayList<>();

    private Infrastructure(
            InfraSettings settings, PublicKeyText key, Connection connection, String notConnected, AwsClients aws) {
        this.settings = settings;
        this.connection = connection;
        this.notConnected = notConnected;
        this.aws = aws;
        this.snowflake = new AccountConnection(connection);
        this.integration = new StorageIntegration(
                snowflake,
                settings.integration(),
                settings.storageRole(),
                settings.storageProvider(),
                settings.location());
        this.iam = new IamPolicies(settings, integration::properties);
        list(key);
    }

    /** Connects to Snowflake; AWS is called when one of its resources is inspected. */
    public static Infrastructure open(Settings properties) {
        InfraSettings settings = InfraSettings.of(properties).complete();
        PublicKeyText key = PublicKeyText.configured(properties);
        Connection connection;
        try {
            connection = AccountConnection.connect(properties.login());
        } catch (RuntimeException e) {
            throw missing(e).map(Infrastructure::noLogin).orElse(e);
        }
        return new Infrastructure(settings, key, connection, null, new AwsClients(properties));
    }

    /** Connects to Snowflake if there is a login; otherwise assumes an empty account. */
    public static Infrastructure openIfPossible(Settings properties) {
        InfraSettings settings = InfraSettings.of(properties).complete();
        PublicKeyText key = PublicKeyText.configured(properties);
        Connection connection = null;
        String notConnected = null;
        try {
            connection = AccountConnection.connect(properties.login());
        } catch (RuntimeException e) {
            notConnected = missing(e).orElseThrow(() -> e);
        }
        return new Infrastructure(settings, key, connection, notConnected, new AwsClients(properties));
    }

    /** Returns what a login lacks, in a setting or a secret; empty if Snowflake has rejected it. */
    private static Optional<String> missing(RuntimeException failure) {
        return failure.getCause() instanceof SQLException
                ? Optional.empty()
                : Optional.of(Check.sentence(failure).replaceFirst("\\.$", ""));
    }

    private static RuntimeException noLogin(String reason) {
        return new UsageException("No login to Snowflake is configured: " + reason
                + ". Export SNOWFLAKE_HOST, SNOWFLAKE_USERNAME, SNOWFLAKE_ROLE and SNOWFLAKE_PRIVATE_KEY of an"
                + " administrator; infra plan --sql and --iam need none of them.");
    }

    /** Returns why there is no connection to Snowflake; empty if there is one. */
    public Optional<String> notConnected() {
        return Optional.ofNullable(notConnected);
    }

    private void list(PublicKeyText key) {
        objects.add(new S3Bucket(aws::s3, settings.bucket(), settings.region()));
        settings.secrets().forEach((secret, fields) -> objects.add(new SecretContainer(aws::secrets, secret, fields)));
        if (settings.runRole() != null) {
            objects.add(new AwsRole(
                    aws,
                    settings.runRole(),
                    "caravan_role",
                    () -> Optional.of(iam.machine()),
                    iam::caravan,
                    settings.onEc2()));
        }
        accounts(key);
        Set<List<String>> schemas = new LinkedHashSet<>();
        settings.schemas().forEach(schema -> schemas.add(List.of(settings.database(), schema)));
        schemas.add(settings.rates().subList(0, 2));
        Set<String> databases = new LinkedHashSet<>();
        schemas.forEach(schema -> databases.add(schema.get(0)));
        databases.forEach(database -> objects.add(database(database)));
        schemas.forEach(schema -> objects.add(schema(schema.get(0), schema.get(1))));
        snowpipe();
        writer(databases);
        reader(databases, schemas);
        Pipe pipe = new Pipe(snowflake, settings);
        objects.add(pipe);
        grant(settings.role(), "PIPE", settings.inRatesSchema(settings.pipe()), "MONITOR");
        objects.add(new Notification(aws::s3, settings.bucket(), settings.prefix(), pipe::queue));
    }

    private void accounts(PublicKeyText key) {
        objects.add(role(settings.role(), "Loads data with Caravan"));
        objects.add(role(settings.reader(), "Reads what Caravan loads"));
        String warehouse = SnowflakeNames.sql(settings.warehouse());
        objects.add(new ShownResource(
                snowflake,
                "warehouse " + warehouse,
                "SHOW WAREHOUSES LIKE " + Snowflake.literal(settings.warehouse()),
                settings.warehouse(),
                List.of(
                        ShownResource.Option.of(
                                "size",
                                settings.warehouseSize().shown(),
                                "WAREHOUSE_SIZE = " + settings.warehouseSize()),
                        ShownResource.Option.of("auto_suspend", "60", "AUTO_SUSPEND = 60"),
                        ShownResource.Option.of("auto_resume", "true", "AUTO_RESUME = TRUE")),
                "CREATE WAREHOUSE IF NOT EXISTS " + warehouse + " WAREHOUSE_SIZE = " + settings.warehouseSize()
                        + " AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE",
                "ALTER WAREHOUSE " + warehouse,
                "CREATE WAREHOUSE on the account or MODIFY on the warehouse, as SYSADMIN has"));
        objects.add(new ServiceUser(
                snowflake, settings.user(), settings.role(), settings.warehouse(), key, settings.workloadRole()));
        objects.add(new Grants.Membership(snowflake, settings.role(), "USER", settings.user()));
        // so that administrators see what these roles own
        objects.add(new Grants.Membership(snowflake, settings.role(), "ROLE", "SYSADMIN"));
        objects.add(new Grants.Membership(snowflake, settings.reader(), "ROLE", "SYSADMIN"));
    }

    private void snowpipe() {
        String schema = settings.ratesSchema();
        String table = settings.ratesTable();
        String format = settings.inRatesSchema(settings.fileFormat());
        String stage = settings.inRatesSchema(settings.stage());
        objects.add(integration);
        if (settings.runRole() != null) { // before the pipe, which Snowflake creates only if it can assume the role
            objects.add(new AwsRole(
                    aws,
                    settings.storageRole(),
                    "storage_role",
                    () -> integration.properties().isEmpty() ? Optional.empty() : Optional.of(iam.trust()),
                    iam::storage,
                    false));
        }
        objects.add(new ShownResource(
                snowflake,
                "file format " + format,
                "SHOW FILE FORMATS LIKE " + Snowflake.literal(settings.fileFormat()) + " IN SCHEMA " + schema,
                settings.fileFormat(),
                List.of(ShownResource.Option.byHand("type", "JSON", "drop it, then apply again")),
                "CREATE FILE FORMAT IF NOT EXISTS " + format + " TYPE = JSON",
                null,
                "CREATE FILE FORMAT on the schema"));
        objects.add(new ShownResource(
                snowflake,
                "stage " + stage,
                "SHOW STAGES LIKE " + Snowflake.literal(settings.stage()) + " IN SCHEMA " + schema,
                settings.stage(),
                List.of(
                        ShownResource.Option.byHand(
                                "url", settings.location(), "a change would stop the pipe that reads it"),
                        ShownResource.Option.byHand(
                                "storage_integration",
                                settings.integration(),
                                "a change would stop the pipe that reads it")),
                "CREATE STAGE IF NOT EXISTS " + stage + " URL = " + Snowflake.literal(settings.location())
                        + " STORAGE_INTEGRATION = " + SnowflakeNames.sql(settings.integration())
                        + " FILE_FORMAT = (FORMAT_NAME = "
                        + Snowflake.literal(format) + ")",
                null,
                "CREATE STAGE on the schema and USAGE on the integration"));
        objects.add(new RatesTable(snowflake, table));
        objects.add(new DailyView(snowflake, settings));
    }

    /** Adds the grants for loading. The role owns the tables that it creates, and needs no grants on them. */
    private void writer(Set<String> databases) {
        String role = settings.role();
        grant(role, "WAREHOUSE", SnowflakeNames.sql(settings.warehouse()), "USAGE");
        databases.forEach(database -> grant(role, "DATABASE", SnowflakeNames.sql(database), "USAGE"));
        for (String schema : settings.schemas()) {
            grant(
                    role,
                    "SCHEMA",
                    SnowflakeNames.sql(settings.database(), schema),
                    "USAGE",
                    "CREATE TABLE",
                    "CREATE STAGE");
        }
        grant(role, "SCHEMA", settings.ratesSchema(), "USAGE");
        grant(role, "TABLE", settings.ratesTable(), "SELECT");
        grant(role, "VIEW", settings.inRatesSchema(settings.dailyView()), "SELECT");
    }

    private void reader(Set<String> databases, Set<List<String>> schemas) {
        String role = settings.reader();
        grant(role, "WAREHOUSE", SnowflakeNames.sql(settings.warehouse()), "USAGE");
        databases.forEach(database -> grant(role, "DATABASE", SnowflakeNames.sql(database), "USAGE"));
        for (List<String> schema : schemas) {
            String name = SnowflakeNames.sql(schema.get(0), schema.get(1));
            grant(role, "SCHEMA", name, "USAGE");
            objects.add(new Grants.Reading(snowflake, role, name));
        }
        grant(role, "VIEW", settings.inRatesSchema(settings.dailyView()), "SELECT");
    }

    private void grant(String role, String kind, String object, String... privileges) {
        objects.add(new Grants(snowflake, role, List.of(privileges), kind, object));
    }

    private ShownResource role(String role, String comment) {
        return new ShownResource(
                snowflake,
                "role " + SnowflakeNames.sql(role),
                "SHOW ROLES LIKE " + Snowflake.literal(role),
                role,
                List.of(),
                "CREATE ROLE IF NOT EXISTS " + SnowflakeNames.sql(role) + " COMMENT = " + Snowflake.literal(comment),
                null,
                "CREATE ROLE on the account, as USERADMIN has");
    }

    private ShownResource database(String database) {
        return new ShownResource(
                snowflake,
                "database " + SnowflakeNames.sql(database),
                "SHOW DATABASES LIKE " + Snowflake.literal(database),
                database,
                List.of(),
                "CREATE DATABASE IF NOT EXISTS " + SnowflakeNames.sql(database),
                null,
                "CREATE DATABASE on the account, as SYSADMIN has");
    }

    private ShownResource schema(String database, String schema) {
        return new ShownResource(
                snowflake,
                "schema " + SnowflakeNames.sql(database, schema),
                "SHOW SCHEMAS LIKE " + Snowflake.literal(schema) + " IN DATABASE " + SnowflakeNames.sql(database),
                schema,
                List.of(),
                "CREATE SCHEMA IF NOT EXISTS " + SnowflakeNames.sql(database, schema),
                null,
                "CREATE SCHEMA on the database");
    }

    /** Returns the state of each resource and the changes that apply would make. Changes nothing. */
    public List<ResourceStatus> plan() {
        return objects.stream().map(Infrastructure::diff).toList();
    }

    private static ResourceStatus diff(Resource resource) {
        try {
            return ResourceStatus.of(resource, resource.diff());
        } catch (PermanentException | TransientException e) {
            return ResourceStatus.of(resource, ResourceState.UNKNOWN, e.getMessage(), List.of());
        }
    }

    /** Returns the statements that would be run in Snowflake, in order, with remarks. Does not call AWS. */
    public List<ResourceStatus> statements() {
        return objects.stream()
                .filter(resource -> resource.place() == Place.SNOWFLAKE)
                .map(resource -> ResourceStatus.of(resource, resource.diff()))
                .toList();
    }

    /** Returns the IAM policies that the roles need, by purpose. */
    public Map<String, Object> policies() {
        return iam.documents();
    }

    /**
     * Creates what is missing and fixes what can be fixed. A failure in Snowflake or AWS ends the changes there, because
     * most later ones depend on it; those in the other continue.
     *
     * @param progress gets each change before it is made
     */
    public List<ResourceStatus> apply(Consumer<String> progress) {
        Set<Place> failed = EnumSet.noneOf(Place.class);
        List<ResourceStatus> statuses = new ArrayList<>();
        for (Resource resource : objects) {
            if (failed.contains(resource.place())) {
                statuses.add(ResourceStatus.of(resource, ResourceState.SKIPPED, "not attempted, see above", List.of()));
                continue;
            }
            ResourceStatus status = apply(resource, progress);
            if (status.state() == ResourceState.FAILED) {
                failed.add(resource.place());
            }
            statuses.add(status);
        }
        return statuses;
    }

    private static ResourceStatus apply(Resource resource, Consumer<String> progress) {
        List<Change> changes = List.of();
        try {
            Diff diff = resource.diff();
            changes = diff.changes();
            if (changes.isEmpty()) {
                return ResourceStatus.of(resource, diff);
            }
            for (Change change : changes) {
                progress.accept(change.description());
                change.apply();
            }
            return ResourceStatus.of(
                    resource,
                    diff.state() == ResourceState.MISSING ? ResourceState.CREATED : ResourceState.CHANGED,
                    diff.remark(),
                    changes);
        } catch (PermanentException | TransientException e) {
            return ResourceStatus.of(resource, ResourceState.FAILED, e.getMessage(), changes);
        }
    }

    @Override
    public void close() {
        aws.close();
        if (connection != null) {
            AccountConnection.close(connection);
        }
    }
}
