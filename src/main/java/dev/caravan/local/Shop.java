package dev.caravan.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/**
 * The shop whose products the pipelines copy: {@code raw_data.products}, one row per change of a product. What it does
 * next depends only on what is in the table, so that the same data always change in the same way, but for the time.
 */
public final class Shop implements CamelContextAware {

    private static final LocalDateTime OPENED = LocalDateTime.of(2025, 1, 2, 8, 0);
    private static final int FIRST_CHANGES = 1000;

    private static final List<String> MATERIALS = List.of(
            "Oak", "Walnut", "Steel", "Linen", "Wool", "Copper", "Bamboo", "Glass", "Leather", "Cork", "Marble",
            "Café");
    private static final List<String> THINGS = List.of(
            "Table", "Chair", "Lamp", "Shelf", "Mug", "Blanket", "Mirror", "Clock", "Tray", "Vase", "Basket", "Kettle",
            "Stool", "Frame", "Bowl");

    private static final String LOCAL = "jdbc:local:postgresql";

    private String jdbcUrl;
    private CamelContext camelContext;

    /** The current state of a product. */
    private record Item(int id, String name, BigDecimal price) {}

    /** One row to append to the history. */
    private record Change(Item product, String operation, LocalDateTime validTs) {}

    /**
     * Counts the changes.
     *
     * @param created new products
     * @param repriced products with a new price
     * @param deleted deleted products
     */
    public record Changes(int created, int repriced, int deleted) {

        /** Returns the number of rows appended to the history. */
        public int rows() {
            return created + repriced + deleted;
        }
    }

    /** The shop in the local PostgreSQL of the default directory, or of {@code postgres.url} within an application. */
    public Shop() {
        this(asOwner(LOCAL));
    }

    /** Returns the shop whose data an application reads. */
    public static Shop of(CamelContext context) {
        Shop shop = new Shop();
        shop.setCamelContext(context);
        return shop;
    }

    /**
     * Creates a shop.
     *
     * @param jdbcUrl its database, with a user that can write
     */
    public Shop(String jdbcUrl) {
        this.jdbcUrl = jdbcUrl;
    }

    private static String asOwner(String url) {
        return url + (url.contains("?") ? "&" : "?") + "user=" + LocalPostgres.OWNER;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
        String url = camelContext.resolvePropertyPlaceholders("{{postgres.url:}}");
        if (url.startsWith(LOCAL)) {
            jdbcUrl = asOwner(url);
        }
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    /**
     * Adds three products, changes four prices and deletes two products, in one transaction. The first row has the
     * {@code valid_ts} of the previous last row, as with a coarse clock.
     */
    public Changes change() {
        return inTransaction(3, 4, 2, true);
    }

    /** Makes one change. */
    public Changes live() {
        return inTransaction(0, 0, 0, false);
    }

    private Changes inTransaction(int created, int repriced, int deleted, boolean sameMoment) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("LOCK TABLE raw_data.products IN SHARE ROW EXCLUSIVE MODE");
                History history = History.read(statement);
                if (sameMoment) {
                    history.create(history.last);
                    created--;
                }
                LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
                LocalDateTime next = history.last.plus(1, ChronoUnit.MILLIS);
                history.go(now.isAfter(next) ? now : next);
                history.change(created, repriced, deleted);
                history.write(connection);
                connection.commit();
                return history.changes();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot change the shop's products: " + e.getMessage(), e);
        }
    }

    /** Creates the database, its roles and the first year of data, unless they exist. */
    static void setUp(String jdbcUrl, Map<String, String> passwords) throws SQLException {
        String login = "?user=" + PostgresServer.SUPERUSER + "&password=" + passwords.get(PostgresServer.SUPERUSER);
        try (Connection connection = DriverManager.getConnection(jdbcUrl + "postgres" + login);
                Statement statement = connection.createStatement()) {
            if (!exists(statement, "SELECT FROM pg_database WHERE datname = 'shop'")) {
                statement.execute("CREATE DATABASE shop");
            }
        }
        try (Connection connection =
                        DriverManager.getConnection(jdbcUrl + "shop" + login + "&reWriteBatchedInserts=true");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            if (exists(statement, "SELECT FROM pg_namespace WHERE nspname = 'raw_data'")) {
                return;
            }
            for (String role : List.of(LocalPostgres.OWNER, LocalPostgres.READER)) {
                statement.execute("CREATE ROLE " + role + " LOGIN PASSWORD '" + passwords.get(role) + "'");
            }
            statement.execute(script());
            firstYear().write(connection);
            connection.commit();
        }
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            return rows.next();
        }
    }

    private static String script() {
        try (InputStream script = Shop.class.getResourceAsStream("shop.sql")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static History firstYear() {
        History history = new History(new Random(FIRST_CHANGES), OPENED, 100);
        while (history.changes.size() < FIRST_CHANGES) {
            history.go(history.last.plus(1 + history.random.nextInt(17 * 60 * 60 * 1000) * 1000L, ChronoUnit.MICROS));
            history.change(history.living.size() < 100 ? 1 : 0, 0, 0);
        }
        return history;
    }

    /** The products and the changes to write. */
    private static final class History {

        private final Random random;
        private final List<Item> living = new ArrayList<>();
        private final List<Change> changes = new ArrayList<>();
        private LocalDateTime last;
        private int lastProduct;

        History(Random random, LocalDateTime last, int lastProduct) {
            this.random = random;
            this.last = last;
            this.lastProduct = lastProduct;
        }

        static History read(Statement statement) throws SQLException {
            History history;
            try (ResultSet row = statement.executeQuery(
                    "SELECT coalesce(max(audit_id), 0), max(valid_ts), coalesce(max(product_id), 100)"
                            + " FROM raw_data.products")) {
                row.next();
                LocalDateTime last = row.getObject(2, LocalDateTime.class);
                history = new History(new Random(row.getLong(1)), last == null ? OPENED : last, row.getInt(3));
            }
            try (ResultSet rows = statement.executeQuery("SELECT * FROM (SELECT DISTINCT ON (product_id) product_id,"
                    + " product_name, price_usd, operation FROM raw_data.products ORDER BY product_id, audit_id DESC)"
                    + " AS latest WHERE operation <> 'DELETE' ORDER BY product_id")) {
                while (rows.next()) {
                    history.living.add(new Item(rows.getInt(1), rows.getString(2), rows.getBigDecimal(3)));
                }
            }
            return history;
        }

        void go(LocalDateTime moment) {
            last = moment;
        }

        /** Makes the given changes, or a random one if none are given. */
        void change(int created, int repriced, int deleted) {
            if (created + repriced + deleted == 0) {
                int chance = random.nextInt(100);
                created = chance < 28 ? 1 : 0;
                deleted = chance >= 92 ? 1 : 0;
                repriced = 1 - created - deleted;
            }
            for (int i = 0; i < created; i++) {
                create(last);
            }
            for (int i = 0; i < repriced && !living.isEmpty(); i++) {
                int which = random.nextInt(living.size());
                Item old = living.get(which);
                BigDecimal factor = BigDecimal.valueOf(80 + random.nextInt(41), 2);
                BigDecimal price = old.price().multiply(factor).setScale(2, RoundingMode.HALF_UP);
                living.set(which, new Item(old.id(), old.name(), price.max(BigDecimal.ONE)));
                changes.add(new Change(living.get(which), "UPDATE", last));
            }
            for (int i = 0; i < deleted && !living.isEmpty(); i++) {
                changes.add(new Change(living.remove(random.nextInt(living.size())), "DELETE", last));
            }
        }

        void create(LocalDateTime moment) {
            String name = MATERIALS.get(random.nextInt(MATERIALS.size())) + " "
                    + THINGS.get(random.nextInt(THINGS.size())) + " " + ++lastProduct;
            Item product = new Item(lastProduct, name, BigDecimal.valueOf(499 + random.nextInt(50_000), 2));
            living.add(product);
            changes.add(new Change(product, "INSERT", moment));
        }

        void write(Connection connection) throws SQLException {
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO raw_data.products"
                    + " (product_id, product_name, price_usd, operation, valid_ts) VALUES (?, ?, ?, ?, ?)")) {
                for (Change change : changes) {
                    insert.setInt(1, change.product().id());
                    insert.setString(2, change.product().name());
                    insert.setBigDecimal(3, change.product().price());
                    insert.setString(4, change.operation());
                    insert.setObject(5, change.validTs());
                    insert.addBatch();
                }
                insert.executeBatch();
            }
        }

        Changes changes() {
            return new Changes(count("INSERT"), count("UPDATE"), count("DELETE"));
        }

        private int count(String operation) {
            return (int) changes.stream()
                    .filter(change -> change.operation().equals(operation))
                    .count();
        }
    }
}
