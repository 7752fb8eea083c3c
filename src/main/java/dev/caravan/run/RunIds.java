package dev.caravan.run;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The id of a run in the formats of other systems: whichever process tells them of a run, it is the same. */
public final class RunIds {

    private RunIds() {}

    /** Returns a UUID that is derived from the id, as OpenLineage needs it. */
    public static UUID uuid(String run) {
        return UUID.nameUUIDFromBytes(("caravan:" + run).getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the same as the id of a trace of OpenTelemetry: 32 hexadecimal digits. */
    public static String trace(String run) {
        return uuid(run).toString().replace("-", "");
    }
}
