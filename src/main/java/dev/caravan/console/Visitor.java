package dev.caravan.console;

import io.vertx.ext.web.RoutingContext;

/**
 * Who sent a request.
 *
 * @param formToken the token that forms carry
 * @param byCookie whether the browser added the credentials by itself; another site could have caused that
 * @param canLogOut whether there is a log-in to end
 */
record Visitor(Role role, String formToken, boolean byCookie, boolean canLogOut) {

    private static final String KEY = "visitor";

    static Visitor of(RoutingContext request) {
        return request.get(KEY);
    }

    void attachTo(RoutingContext request) {
        request.put(KEY, this);
    }
}
