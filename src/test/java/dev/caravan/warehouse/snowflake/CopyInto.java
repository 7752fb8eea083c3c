package dev.caravan.warehouse.snowflake;

import java.util.List;

/** COPY INTO a table. */
final class CopyInto {

    private CopyInto() {}

    static Reply run(AccountSession session, String sql, List<Token> tokens) {
        throw Refusal.unknown("COPY");
    }
}
