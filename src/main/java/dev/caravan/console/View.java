package dev.caravan.console;

import java.time.Instant;

/**
 * What every page shows around its content.
 *
 * @param title of the page
 * @param section the entry of the menu that it belongs to
 * @param json the address of the same as JSON, or null
 * @param profile of the process
 * @param formToken that each form carries
 * @param notice what the last action of this visitor has done, or null
 * @param refresh seconds after which a script renews its live parts; 0 for never
 */
record View(
        String title,
        String section,
        String json,
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
