package dev.caravan.hubspot;

import dev.caravan.api.Api;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** Tries the access to HubSpot, without a route. */
public final class HubSpotAccess {

    private HubSpotAccess() {}

    /**
     * Requests what a load requests first: the properties of a type of objects, and one object.
     *
     * @param bean the name of the API, for messages
     * @throws HubSpotException if HubSpot rejects the requests
     * @throws dev.caravan.run.TransientException if it does not answer
     */
    public static void check(String bean, Api api, String objectType) {
        try (HubSpotClient client = new HubSpotClient(bean, api, 0)) {
            String version = HubSpotEndpoint.DEFAULT_VERSION;
            client.get(
                    "/crm/properties/" + version + "/" + objectType, Map.of(), "The properties of " + objectType, null);
            client.get("/crm/objects/" + version + "/" + objectType, Map.of("limit", 1), "One of " + objectType, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // of closing
        }
    }
}
