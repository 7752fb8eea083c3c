package dev.caravan.snowflake.fake;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The objects of a Snowflake account and their grants, in memory: answers CREATE, ALTER, SHOW, DESC and GRANT of databases,
 * schemas, warehouses, roles, users, integrations, stages, file formats, tables, views and pipes, and SYSTEM$PIPE_STATUS, with
 * Snowflake's columns and errors. Other statements go to the {@link FakeSnowflake} it runs on.
 *
 * <p>Simpler than Snowflake: roles do not inherit; ACCOUNTADMIN can do everything.
 */
public final class FakeAccount implements StatementHandler, AutoCloseable {

    /** The SQS queue of all pipes in the account. */
    public static final String QUEUE = "arn:aws:sqs:eu-central-1:210987654321:sf-snowpipe-AIDAEXAMPLE-abc";

    /** The IAM user of Snowflake in AWS. */
    public static final String IAM_USER = "arn:aws:iam::210987654321:user/abc1-b-self1234";

    private static final String NAME = "((?:\"(?:[^\"]|\"\")+\"|[\\w$]+)(?:\\.(?:\"(?:[^\"]|\"\")+\"|[\\w$]+))*)";
    private static final String KIND =
            "(ROLE|WAREHOUSE|DATABASE|SCHEMA|USER|STORAGE INTEGRATION|FILE FORMAT|STAGE|TABLE" + "|VIEW|PIPE)";
    private static final Pattern CREATE = pattern("CREATE " + KIND + " (IF NOT EXISTS )?" + NAME + "\\s*(.*)");
    private static final Pattern ALTER = pattern("ALTER " + KIND + " " + NAME + " SET (.*)");
    private static final Pattern ADD_COLUMN =
            pattern("ALTER TABLE " + NAME + " ADD COLUMN (?:IF NOT EXISTS )?" + NAME + " (.*)");
    private static final Pattern SHOW =
            pattern("SHOW (ROLES|WAREHOUSES|DATABASES|SCHEMAS|USERS|FILE FORMATS|STAGES|TABLES"
                    + "|VIEWS|PIPES)(?: LIKE '((?:[^']|'')*)')?(?: IN (?:ACCOUNT|(DATABASE|SCHEMA) " + NAME + "))?");
    private static final Pattern DESC = pattern("DESC(?:RIBE)? (USER|INTEGRATION|TABLE|STAGE) " + NAME);
    private static final Pattern IDENTITIES =
            pattern("SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER " + NAME);
    private static final Pattern GRANTS_TO = pattern("SHOW GRANTS TO ROLE " + NAME);
    private static final Pattern GRANTS_OF = pattern("SHOW GRANTS OF ROLE " + NAME);
    private static final Pattern GRANTS_TO_USER = pattern("SHOW GRANTS TO USER " + NAME);
    private static final Pattern FUTURE_GRANTS = pattern("SHOW FUTURE GRANTS IN SCHEMA " + NAME);
    private static final Pattern GRANT = pattern("GRANT (.+) ON " + KIND + " " + NAME + " TO ROLE " + NAME);
    private static final Pattern GRANT_TABLES =
            pattern("GRANT SELECT ON (ALL|FUTURE) TABLES IN SCHEMA " + NAME + " TO ROLE " + NAME);
    private static final Pattern GRANT_ROLE = pattern("GRANT ROLE " + NAME + " TO (USER|ROLE) " + NAME);
    private static final Pattern PIPE_STATUS = pattern("SELECT SYSTEM\\$PIPE_STATUS\\('((?:[^']|'')*)'\\).*");
    private static final Pattern OPTION =
            Pattern.compile("([\\w]+) = (\\((?:[^()']|'(?:[^']|'')*')*\\)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")+\"|[^\\s]+)");

    private record Grant(String privilege, String kind, String object, String role) {}

    private record Membership(String role, String kind, String member) {}

    /** An object with its kind, name, owner and options. */
    private record Thing(String kind, List<String> name, String owner, Map<String, String> options) {

        String last() {
            return name.get(name.size() - 1);
        }

        String sql() {
            return FakeAccount.sql(name);
        }
    }

    private final Map<String, Thing> things = new LinkedHashMap<>();
    private final Set<Grant> grants = new LinkedHashSet<>();
    private final Set<Grant> futures = new LinkedHashSet<>();
    private final List<List<String>> files = new ArrayList<>();
    private final Set<Membership> memberships = new LinkedHashSet<>();
    private final FakeSnowflake server = FakeSnowflake.start();
    private boolean roleAssumed = true;
    private Pattern refused;
    private StatementError refusal;

    /** Starts an account with Snowflake's system roles and no users. */
    public FakeAccount() {
        server.handle(this);
        server.allowOnly(StatementCatalog.read(StatementCatalog.PAGE));
        for (String role : List.of("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC")) {
            add("ROLE", List.of(role), "", Map.of());
        }
        allow("SYSADMIN", "CREATE DATABASE", "CREATE WAREHOUSE");
        allow("USERADMIN", "CREATE ROLE", "CREATE USER");
        allow("SECURITYADMIN", "CREATE ROLE", "CREATE USER", "MANAGE GRANTS");
    }

    private void allow(String role, String... privileges) {
        for (String privilege : privileges) {
            grants.add(new Grant(privilege, "ACCOUNT", "", role));
        }
    }

    private static Pattern pattern(String text) {
        return Pattern.compile(text, Pattern.DOTALL | Pattern.CASE_INSENSITIVE);
    }

    // set-up by tests

    /** Returns the value for {@code snowflake.host}. */
    public String url() {
        return server.url();
    }

    /** Adds a user with a key pair and these roles. */
    public FakeAccount user(String name, PublicKey key, String... roles) {
        server.user(name, key).roles(roles);
        return this;
    }

    /** Adds a user with a programmatic access token and these roles. */
    public FakeAccount user(String name, String token, String... roles) {
        server.user(name).programmaticToken(token).roles(roles);
        return this;
    }

    /** Disables or enables a user. */
    public FakeAccount disabled(String name, boolean disabled) {
        server.user(name).disabled(disabled);
        return this;
    }

    /** Locks a user, as after too many failed logins, or unlocks it. */
    public FakeAccount locked(String name, boolean locked) {
        server.user(name).locked(locked);
        return this;
    }

    /** Rejects all logins. */
    public FakeAccount refuseLogin(int code, String message) {
        server.refuseLogin(code, message);
        return this;
    }

    /** Rejects statements that match a regular expression. */
    public synchronized FakeAccount refuse(String regex, int code, String message) {
        refused = Pattern.compile(regex);
        refusal = new StatementError(code, "42501", message);
        return this;
    }

    /** Adds a file to COPY_HISTORY: name, status, first error and its line. */
    public synchronized FakeAccount file(String name, String status, String error, String line) {
        files.add(java.util.Arrays.asList(
                "s3://acme-rates/", name, status, status.equals("Loaded") ? "1" : "0", error, line));
        return this;
    }

    /** Returns the statements received, in order. */
    public List<String> statements() {
        return server.statements().stream().map(ReceivedStatement::sql).toList();
    }

    @Override
    public void close() {
        server.close();
    }

    /** Also allows statements that match a regular expression. */
    public FakeAccount allow(String regex) {
        server.allow(regex);
        return this;
    }

    /** Runs statements as ACCOUNTADMIN. */
    public synchronized FakeAccount run(String... statements) {
        for (String sql : statements) {
            if (answer("ACCOUNTADMIN", "ADMIN", sql).isEmpty() && !sql.startsWith("CREATE ")) {
                throw new IllegalArgumentException(sql);
            }
        }
        return this;
    }

    /** Sets an option that SHOW, DESC or SYSTEM$PIPE_STATUS report; the kind as in CREATE. */
    public synchronized FakeAccount set(String kind, String name, String option, String value) {
        thing(kind, parse(name)).options().put(option, value);
        return this;
    }

    /** Removes an object and the grants on it. */
    public synchronized FakeAccount drop(String kind, String name) {
        things.remove(key(kind, parse(name)));
        if (kind.equals("TABLE")) {
            server.execute("DROP TABLE " + name);
        }
        grants.removeIf(grant -> grant.kind().equals(kind) && grant.object().equals(sql(parse(name))));
        return this;
    }

    /** Revokes a role from a user. */
    public synchronized FakeAccount revoke(String role, String user) {
        memberships.removeIf(each -> each.role().equals(role) && each.member().equals(user));
        return this;
    }

    /** Revokes a privilege from a role. */
    public synchronized FakeAccount revoke(String privilege, String kind, String object, String role) {
        grants.remove(new Grant(privilege, kind, object, role));
        return this;
    }

    /** Sets whether AWS lets Snowflake assume the role of the storage integration. */
    public synchronized FakeAccount roleAssumed(boolean can) {
        roleAssumed = can;
        return this;
    }

    /** Returns whether an object exists. */
    public synchronized boolean has(String kind, String name) {
        return things.containsKey(key(kind, parse(name)));
    }

    /** Returns the privileges of a role, as in {@code USAGE ON SCHEMA DLT.HUBSPOT}, without ownership. */
    public synchronized List<String> privileges(String role) {
        return Stream.concat(
                        grants.stream(),
                        futures.stream()
                                .map(grant -> new Grant(
                                        grant.privilege(),
                                        "FUTURE " + grant.kind() + "S IN",
                                        grant.object(),
                                        grant.role())))
                .filter(grant -> grant.role().equals(role) && !grant.privilege().equals("OWNERSHIP"))
                .map(grant -> (grant.privilege() + " ON " + grant.kind() + " " + grant.object()).strip())
                .toList();
    }

    /** Returns the options of an object. */
    public synchronized Map<String, String> options(String kind, String name) {
        return Map.copyOf(thing(kind, parse(name)).options());
    }

    /** Returns whether a user has a role. */
    public synchronized boolean member(String role, String user) {
        return memberships.contains(new Membership(role, "USER", user));
    }

    // statements

    @Override
    public Optional<Reply> answer(FakeSession session, String sql) {
        return answer(session.role(), session.user(), sql);
    }

    /** Clears the session's warehouse if it does not exist or the role cannot use it. */
    @Override
    public synchronized void login(FakeSession session) {
        Thing warehouse =
                session.warehouse() == null ? null : things.get(key("WAREHOUSE", List.of(session.warehouse())));
        if (warehouse == null || !can(session.role(), "USAGE", warehouse)) {
            session.warehouse(null);
        }
    }

    /**
     * Answers a statement.
     *
     * @param role the session's role
     * @param user the session's user
     * @return the answer, or empty if the fake runs the statement itself, which it does with everything that creates tables
     */
    synchronized Optional<Reply> answer(String role, String user, String sql) {
        String text = sql.strip();
        if (refused != null && refused.matcher(text).find()) {
            throw refusal;
        }
        Matcher matcher = CREATE.matcher(text);
        if (matcher.matches()) {
            return create(
                    role,
                    matcher.group(1).toUpperCase(Locale.ROOT),
                    matcher.group(2) != null,
                    parse(matcher.group(3)),
                    matcher.group(4));
        }
        matcher = ADD_COLUMN.matcher(text);
        if (matcher.matches() && things.containsKey(key("TABLE", parse(matcher.group(1))))) {
            Thing table = owned(role, "TABLE", parse(matcher.group(1)));
            table.options()
                    .put("columns", table.options().get("columns") + ", " + matcher.group(2) + " " + matcher.group(3));
            return Optional.empty();
        }
        matcher = ALTER.matcher(text);
        if (matcher.matches()) {
            Thing thing = owned(role, matcher.group(1).toUpperCase(Locale.ROOT), parse(matcher.group(2)));
            thing.options().putAll(options(matcher.group(3)));
            return done();
        }
        matcher = SHOW.matcher(text);
        if (matcher.matches()) {
            return Optional.of(show(role, matcher));
        }
        matcher = IDENTITIES.matcher(text);
        if (matcher.matches()) {
            return Optional.of(identities(thing("USER", parse(matcher.group(1)))));
        }
        matcher = DESC.matcher(text);
        if (matcher.matches()) {
            return describe(role, user, matcher.group(1).toUpperCase(Locale.ROOT), parse(matcher.group(2)));
        }
        return grants(role, text).or(() -> {
            Matcher status = PIPE_STATUS.matcher(text);
            if (text.contains(".INFORMATION_SCHEMA.COPY_HISTORY(")) {
                return Optional.of(Reply.table(
                        Reply.SELECT,
                        List.of(
                                "STAGE_LOCATION",
                                "FILE_NAME",
                                "STATUS",
                                "ROW_COUNT",
                                "FIRST_ERROR_MESSAGE",
                                "FIRST_ERROR_LINE_NUMBER"),
                        files));
            }
            return status.matches() ? Optional.of(status(role, status.group(1))) : Optional.empty();
        });
    }

    private Optional<Reply> grants(String role, String text) {
        Matcher matcher = GRANTS_TO.matcher(text);
        if (matcher.matches()) {
            String grantee = thing("ROLE", parse(matcher.group(1))).last();
            return Optional.of(Reply.table(
                    Reply.SHOW,
                    List.of("created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name"),
                    grants.stream()
                            .filter(grant -> grant.role().equals(grantee))
                            .map(grant -> List.of(
                                    "2026-01-01 00:00:00.000 -0800",
                                    grant.privilege(),
                                    grant.kind().replace(' ', '_'),
                                    grant.object(),
                                    "ROLE",
                                    grantee))
                            .toList()));
        }
        matcher = GRANTS_OF.matcher(text);
        if (matcher.matches()) {
            String granted = thing("ROLE", parse(matcher.group(1))).last();
            return Optional.of(Reply.table(
                    Reply.SHOW,
                    List.of("created_on", "role", "granted_to", "grantee_name", "granted_by"),
                    memberships.stream()
                            .filter(each -> each.role().equals(granted))
                            .map(each -> List.of("", granted, each.kind(), each.member(), "ACCOUNTADMIN"))
                            .toList()));
        }
        matcher = GRANTS_TO_USER.matcher(text);
        if (matcher.matches()) {
            String member = thing("USER", parse(matcher.group(1))).last();
            return Optional.of(Reply.table(
                    Reply.SHOW,
                    List.of("created_on", "role", "granted_to", "grantee_name", "granted_by"),
                    memberships.stream()
                            .filter(each ->
                                    each.kind().equals("USER") && each.member().equals(member))
                            .map(each -> List.of("", each.role(), "USER", member, "ACCOUNTADMIN"))
                            .toList()));
        }
        matcher = FUTURE_GRANTS.matcher(text);
        if (matcher.matches()) {
            String schema = thing("SCHEMA", parse(matcher.group(1))).sql();
            return Optional.of(Reply.table(
                    Reply.SHOW,
                    List.of("created_on", "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"),
                    futures.stream()
                            .filter(grant -> grant.object().equals(schema))
                            .map(grant -> List.of(
                                    "",
                                    grant.privilege(),
                                    grant.kind(),
                                    schema + ".<TABLE>",
                                    "ROLE",
                                    grant.role(),
                                    "false"))
                            .toList()));
        }
        matcher = GRANT_TABLES.matcher(text);
        if (matcher.matches()) {
            Thing schema = thing("SCHEMA", parse(matcher.group(2)));
            String grantee = thing("ROLE", parse(matcher.group(3))).last();
            require(role, "MANAGE GRANTS", schema);
            if (matcher.group(1).equalsIgnoreCase("FUTURE")) {
                futures.add(new Grant("SELECT", "TABLE", schema.sql(), grantee));
            } else {
                things.values().stream()
                        .filter(thing -> thing.kind().equals("TABLE")
                                && thing.name().subList(0, 2).equals(schema.name()))
                        .forEach(table -> grants.add(new Grant("SELECT", "TABLE", table.sql(), grantee)));
            }
            return done();
        }
        matcher = GRANT_ROLE.matcher(text);
        if (matcher.matches()) {
            Thing granted = thing("ROLE", parse(matcher.group(1)));
            String kind = matcher.group(2).toUpperCase(Locale.ROOT);
            Thing member = thing(kind, parse(matcher.group(3)));
            require(role, "MANAGE GRANTS", granted);
            memberships.add(new Membership(granted.last(), kind, member.last()));
            return done();
        }
        matcher = GRANT.matcher(text);
        if (matcher.matches()) {
            Thing thing = thing(matcher.group(2).toUpperCase(Locale.ROOT), parse(matcher.group(3)));
            String grantee = thing("ROLE", parse(matcher.group(4))).last();
            require(role, "MANAGE GRANTS", thing);
            for (String privilege : matcher.group(1).split(", ", -1)) {
                grants.add(new Grant(privilege.toUpperCase(Locale.ROOT), thing.kind(), thing.sql(), grantee));
            }
            return done();
        }
        return Optional.empty();
    }

    private Optional<Reply> create(String role, String kind, boolean ifNotExists, List<String> name, String rest) {
        if (name.size() > 2) {
            Thing schema = thing("SCHEMA", name.subList(0, 2));
            require(role, "CREATE " + kind, schema);
        } else if (name.size() == 2) {
            require(role, "CREATE SCHEMA", thing("DATABASE", name.subList(0, 1)));
        } else {
            require(role, "CREATE " + kind.replace("STORAGE ", ""), null);
        }
        if (things.containsKey(key(kind, name))) {
            if (ifNotExists) {
                return Optional.of(Reply.status(sql(name) + " already exists, statement succeeded."));
            }
            throw StatementError.exists(sql(name));
        }
        Map<String, String> options =
                new LinkedHashMap<>(kind.equals("TABLE") ? Map.of("columns", rest) : options(rest));
        if (kind.equals("STORAGE INTEGRATION")) {
            located(options);
            options.put("STORAGE_AWS_IAM_USER_ARN", IAM_USER);
            options.put("STORAGE_AWS_EXTERNAL_ID", "ACME_SFCRole=2_abc=");
        }
        if (kind.equals("STAGE")) {
            thing("STORAGE INTEGRATION", parse(options.getOrDefault("STORAGE_INTEGRATION", "")));
        }
        if (kind.equals("PIPE")) {
            pipe(rest, options);
        }
        if (kind.equals("VIEW")) {
            options.clear();
            options.put("text", "CREATE VIEW " + sql(name) + " " + rest);
        }
        add(kind, name, role, options);
        if (kind.equals("DATABASE")) {
            add("SCHEMA", List.of(name.get(0), "PUBLIC"), role, Map.of());
        }
        if (kind.equals("TABLE")) {
            futures.stream()
                    .filter(grant -> grant.object().equals(sql(name.subList(0, 2))))
                    .toList()
                    .forEach(grant -> grants.add(new Grant("SELECT", "TABLE", sql(name), grant.role())));
        }
        // these hold data, so DuckDB creates them too
        return Set.of("DATABASE", "SCHEMA", "TABLE").contains(kind)
                ? Optional.empty()
                : Optional.of(Reply.status(kind + " " + sql(name) + " successfully created."));
    }

    /** Checks that the URLs belong to the provider: s3://, s3china://, s3gov://. */
    private static void located(Map<String, String> integration) {
        String provider = unquote(integration.getOrDefault("STORAGE_PROVIDER", ""));
        String locations = integration.getOrDefault("STORAGE_ALLOWED_LOCATIONS", "");
        if (!Set.of("S3", "S3CHINA", "S3GOV").contains(provider)
                || !locations.startsWith("('" + provider.toLowerCase(Locale.ROOT) + "://")) {
            throw StatementError.syntax("invalid storage provider " + provider + " or location " + locations);
        }
    }

    private void pipe(String rest, Map<String, String> options) {
        Matcher copy = pattern(".* AS (COPY INTO " + NAME + " .* FROM @" + NAME + "[ )].*)")
                .matcher(" " + rest);
        if (!copy.matches()) {
            throw StatementError.syntax("syntax error: a pipe needs COPY INTO table FROM @stage");
        }
        thing("TABLE", parse(copy.group(2)));
        thing("STAGE", parse(copy.group(3)));
        if (!roleAssumed) {
            throw new StatementError(
                    3167,
                    "42601",
                    "Error assuming AWS_ROLE. Please verify the role and externalId are configured correctly in your AWS"
                            + " policy.");
        }
        options.clear();
        options.put("definition", copy.group(1));
        options.put("notification_channel", rest.contains("AUTO_INGEST = TRUE") ? QUEUE : "");
        options.put("executionState", "RUNNING");
        options.put("pendingFileCount", "0");
    }

    private Reply show(String role, Matcher show) {
        String kind = show.group(1).toUpperCase(Locale.ROOT).replaceFirst("S$", "");
        List<String> within = show.group(4) == null ? List.of() : parse(show.group(4));
        if (!within.isEmpty()) {
            thing(show.group(3).toUpperCase(Locale.ROOT), within);
        }
        // in LIKE an underscore matches any character
        Pattern like = show.group(2) == null
                ? Pattern.compile(".*")
                : pattern(Pattern.quote(show.group(2).replace("''", "'"))
                        .replace("_", "\\E.\\Q")
                        .replace("%", "\\E.*\\Q"));
        List<Thing> found = things.values().stream()
                .filter(thing -> thing.kind().equals(kind)
                        && like.matcher(thing.last()).matches()
                        && thing.name().subList(0, thing.name().size() - 1).equals(within)
                        && visible(role, thing))
                .toList();
        List<String> columns = new ArrayList<>(List.of("created_on", "name"));
        columns.addAll(
                switch (kind) {
                    case "WAREHOUSE" -> List.of("state", "type", "size", "auto_suspend", "auto_resume");
                    case "PIPE" -> List.of("definition", "notification_channel", "invalid_reason");
                    case "STAGE" -> List.of("url", "type", "storage_integration");
                    case "FILE FORMAT" -> List.of("type");
                    case "VIEW" -> List.of("text");
                    default -> List.of("comment");
                });
        columns.add("owner");
        return Reply.table(
                Reply.SHOW,
                columns,
                found.stream()
                        .map(thing -> columns.stream()
                                .map(column -> shown(thing, column))
                                .toList())
                        .toList());
    }

    private static String shown(Thing thing, String column) {
        Map<String, String> options = thing.options();
        return switch (column) {
            case "created_on" -> "2026-01-01 00:00:00.000 -0800";
            case "name" -> thing.last();
            case "owner" -> thing.owner();
            case "size" -> size(options.getOrDefault("WAREHOUSE_SIZE", "XSMALL"));
            case "state" -> options.getOrDefault("state", "SUSPENDED");
            case "auto_resume" -> options.getOrDefault("AUTO_RESUME", "TRUE").toLowerCase(Locale.ROOT);
            case "auto_suspend" -> options.getOrDefault("AUTO_SUSPEND", "600");
            case "type" ->
                switch (thing.kind()) {
                    case "WAREHOUSE" -> "STANDARD";
                    case "STAGE" -> "EXTERNAL";
                    default -> options.getOrDefault("TYPE", "CSV");
                };
            case "url", "storage_integration", "comment" ->
                unquote(options.getOrDefault(column.toUpperCase(Locale.ROOT), ""));
            default -> options.getOrDefault(column, "");
        };
    }

    private static Reply identities(Thing user) {
        Matcher arn = Pattern.compile("ARN = 'arn:([\\w-]+):iam::(\\d+):role/([^']+)'")
                .matcher(user.options().getOrDefault("WORKLOAD_IDENTITY", ""));
        return Reply.table(
                Reply.SHOW,
                List.of("name", "type", "comment", "last_used", "created_on", "additional_info"),
                arn.find()
                        ? List.of(List.of(
                                user.last(),
                                "AWS",
                                "",
                                "",
                                "",
                                "{\"awsPartition\":\"" + arn.group(1) + "\",\"awsAccount\":\"" + arn.group(2)
                                        + "\",\"type\":\"IAM_ROLE\",\"iamRole\":\"" + arn.group(3) + "\"}"))
                        : List.of());
    }

    private static String size(String size) {
        String plain = size.replace("-", "").replace("XX", "2X").toUpperCase(Locale.ROOT);
        int prefix = plain.indexOf('X') + 1;
        return prefix == 0 ? capital(plain) : plain.substring(0, prefix) + "-" + capital(plain.substring(prefix));
    }

    private static String capital(String word) {
        return word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
    }

    private Optional<Reply> describe(String role, String user, String kind, List<String> name) {
        if (kind.equals("TABLE") && !things.containsKey(key(kind, name))) {
            return Optional.empty();
        }
        Thing thing = thing(kind.equals("INTEGRATION") ? "STORAGE INTEGRATION" : kind, name);
        boolean self = kind.equals("USER") && name.equals(List.of(user));
        if (!self && !visible(role, thing)) {
            throw StatementError.missing(kind, sql(name));
        }
        if (kind.equals("TABLE")) {
            List<List<String>> columns = new ArrayList<>();
            // a comma within parentheses belongs to a type or a key
            for (String column :
                    thing.options().get("columns").replaceAll("^\\(|\\)$", "").split(", (?![^(]*\\))", -1)) {
                if (column.startsWith("PRIMARY KEY")) {
                    continue;
                }
                String[] words = column.split(" ", 2);
                String type = words[1].replace(" NOT NULL", "");
                columns.add(Arrays.asList(
                        parse(words[0]).get(0),
                        switch (type) {
                            case "VARCHAR" -> "VARCHAR(16777216)";
                            case "TIMESTAMP_NTZ" -> "TIMESTAMP_NTZ(9)";
                            default -> type;
                        },
                        "COLUMN",
                        words[1].endsWith("NOT NULL") ? "N" : "Y",
                        null));
            }
            return Optional.of(
                    Reply.table(Reply.DESCRIBE, List.of("name", "type", "kind", "null?", "default"), columns));
        }
        Map<String, String> properties = new LinkedHashMap<>();
        if (kind.equals("USER")) {
            properties.put("NAME", thing.last());
            properties.put("TYPE", "PERSON");
            properties.put("DISABLED", "false");
            properties.put("SNOWFLAKE_LOCK", "false");
            properties.put("MINS_TO_UNLOCK", "null");
            properties.put("RSA_PUBLIC_KEY_FP", "null");
            properties.put("RSA_PUBLIC_KEY_2_FP", "null");
            properties.put(
                    "HAS_WORKLOAD_IDENTITY", Boolean.toString(thing.options().containsKey("WORKLOAD_IDENTITY")));
        }
        thing.options().forEach((option, value) -> {
            properties.put(option, value.startsWith("(") ? list(value) : unquote(value));
            if (option.startsWith("RSA_PUBLIC_KEY") && !option.endsWith("_FP")) {
                properties.put(option + "_FP", fingerprint(unquote(value)));
            }
        });
        boolean isUser = kind.equals("USER");
        return Optional.of(Reply.table(
                Reply.DESCRIBE,
                isUser
                        ? List.of("property", "value", "default", "description")
                        : List.of("property", "property_type", "property_value", "property_default"),
                properties.entrySet().stream()
                        .map(property -> isUser
                                ? List.of(property.getKey(), property.getValue(), "null", "")
                                : List.of(property.getKey(), "String", property.getValue(), ""))
                        .toList()));
    }

    private Reply status(String role, String name) {
        Thing pipe = thing("PIPE", parse(name));
        if (!can(role, "MONITOR", pipe)) {
            throw StatementError.missing("Pipe", pipe.sql());
        }
        String fields = pipe.options().entrySet().stream()
                .filter(option -> !Set.of("definition", "notification_channel", "invalid_reason")
                        .contains(option.getKey()))
                .map(option -> "\"" + option.getKey() + "\":"
                        + (option.getValue().matches("\\d+") ? option.getValue() : "\"" + option.getValue() + "\""))
                .collect(Collectors.joining(","));
        String json = "{" + fields + ",\"notificationChannelName\":\""
                + pipe.options().get("notification_channel") + "\"}";
        return Reply.table(Reply.SELECT, List.of("SYSTEM$PIPE_STATUS"), List.of(List.of(json)));
    }

    // privileges

    private void require(String role, String privilege, Thing on) {
        if (!can(role, privilege, on)) {
            String place = on == null ? "account 'FAKE'" : on.kind().toLowerCase(Locale.ROOT) + " '" + on.last() + "'";
            throw new StatementError(
                    3001, "42501", "SQL access control error:\nInsufficient privileges to operate on " + place + ".");
        }
    }

    private boolean can(String role, String privilege, Thing on) {
        return role.equals("ACCOUNTADMIN")
                || grants.contains(new Grant(privilege, "ACCOUNT", "", role))
                || (on != null
                        && (grants.contains(new Grant("OWNERSHIP", on.kind(), on.sql(), role))
                                || grants.contains(new Grant(privilege, on.kind(), on.sql(), role))));
    }

    private boolean visible(String role, Thing thing) {
        return role.equals("ACCOUNTADMIN")
                || thing.kind().equals("ROLE")
                || grants.stream()
                        .anyMatch(grant -> grant.role().equals(role)
                                && grant.kind().equals(thing.kind())
                                && grant.object().equals(thing.sql()));
    }

    private Thing owned(String role, String kind, List<String> name) {
        Thing thing = thing(kind, name);
        require(role, "OWNERSHIP", thing);
        return thing;
    }

    private Thing thing(String kind, List<String> name) {
        Thing thing = things.get(key(kind, name));
        if (thing == null) {
            throw StatementError.missing(capital(kind), sql(name));
        }
        return thing;
    }

    private void add(String kind, List<String> name, String owner, Map<String, String> options) {
        Thing thing = new Thing(kind, name, owner, new LinkedHashMap<>(options));
        things.put(key(kind, name), thing);
        if (!owner.isEmpty()) {
            grants.add(new Grant("OWNERSHIP", kind, thing.sql(), owner));
        }
    }

    // names and options

    private static String key(String kind, List<String> name) {
        return kind + " " + name;
    }

    private static List<String> parse(String name) {
        List<String> parts = new ArrayList<>();
        Matcher matcher = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([\\w$]+)").matcher(name);
        while (matcher.find()) {
            parts.add(
                    matcher.group(1) == null
                            ? matcher.group(2).toUpperCase(Locale.ROOT)
                            : matcher.group(1).replace("\"\"", "\""));
        }
        return List.copyOf(parts);
    }

    private static String sql(List<String> name) {
        return name.stream()
                .map(part -> part.matches("[A-Z_][A-Z0-9_$]*") ? part : '"' + part.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining("."));
    }

    private static Map<String, String> options(String text) {
        Map<String, String> options = new LinkedHashMap<>();
        Matcher matcher = OPTION.matcher(text);
        while (matcher.find()) {
            options.put(matcher.group(1).toUpperCase(Locale.ROOT), matcher.group(2));
        }
        return options;
    }

    private static String unquote(String value) {
        if (value.startsWith("'")) {
            return value.substring(1, value.length() - 1).replace("''", "'").replace("\\\\", "\\");
        }
        return value.startsWith("\"") ? parse(value).get(0) : value;
    }

    private static String list(String value) {
        return Stream.of(value.substring(1, value.length() - 1).split(", ", -1))
                .map(FakeAccount::unquote)
                .collect(Collectors.joining(","));
    }

    private static String fingerprint(String base64) {
        try {
            return "SHA256:"
                    + Base64.getEncoder()
                            .encodeToString(MessageDigest.getInstance("SHA-256")
                                    .digest(Base64.getDecoder().decode(base64)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Reply> done() {
        return Optional.of(Reply.status("Statement executed successfully."));
    }
}
