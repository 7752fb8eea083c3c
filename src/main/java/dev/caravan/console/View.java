package dev.caravan.console;

import java.time.Instant;

/**
 * What every page shows around its content.
 *
 * @param title of the page
 * @param section the entry of the menu that it belongs to
 * @param path its address, without the query
 * @param query of its address, with the question mark; or empty
 * @param profile of the process
 * @param formToken that each form carries
 * @param notice what the last action of this visitor has done, or null
 * @param refresh seconds after which a script renews its live parts; 0 for never
 */
record View(
        String title,
        String section,
        String path,
        String query,
        String profile,
        Role role,
        String formToken,
        boolean canLogOut,
        String notice,
        int refresh,
        Instant now) {

    boolean canAct() {
        return role.canAct();
    }
}
