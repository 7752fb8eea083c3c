package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SnowflakeDialectTest {

    @Test
    void literalsEscapeTheBackslash() {
        assertThat(SnowflakeDialect.INSTANCE.literal("a\\b'c")).isEqualTo("'a\\\\b''c'");
    }
}
