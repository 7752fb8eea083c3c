package dev.caravan.warehouse.snowflake;

import dev.caravan.snowflake.fake.FakeSnowflake;
import dev.caravan.snowflake.fake.StatementCatalog;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.util.Base64;
import org.apache.camel.CamelContext;

/** An account with some databases, a user who logs in by a key, and the settings for it. */
final class TestAccount implements AutoCloseable {

    static final KeyPair KEY = key();

    final FakeSnowflake snowflake = FakeSnowflake.start();
    private final Snowflake settings = new Snowflake();

    TestAccount(String... databases) {
        snowflake.user("SVC_DLT", KEY.getPublic());
        for (String database : databases) {
            snowflake.execute("CREATE DATABASE " + database);
        }
        snowflake.allowOnly(StatementCatalog.read(StatementCatalog.PAGE));
        settings.setHost(snowflake.url());
        settings.setUsername("SVC_DLT");
        settings.setPrivateKey(pem(KEY.getPrivate()));
        settings.setWarehouse("LOADING");
        settings.setNetworkTimeout(5_000);
    }

    Snowflake settings() {
        return settings;
    }

    WarehouseComponent component(Path directory) {
        WarehouseComponent component = new WarehouseComponent() {
            @Override
            public void setCamelContext(CamelContext context) {
                super.setCamelContext(context);
                context.getRegistry().bind("snowflake", settings);
            }
        };
        component.setEngine("snowflake");
        component.setDirectory(directory.toString());
        return component;
    }

    Warehouse warehouse(Path directory) {
        return new Warehouse(new SnowflakeEngine(settings, directory));
    }

    static String pem(PrivateKey key) {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }

    private static KeyPair key() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        settings.close();
        snowflake.close();
    }
}
