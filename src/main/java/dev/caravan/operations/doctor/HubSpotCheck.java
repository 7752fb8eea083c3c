package dev.caravan.operations.doctor;

import dev.caravan.api.Api;
import dev.caravan.hubspot.HubSpotAccess;
import dev.caravan.hubspot.HubSpotException;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Checks that HubSpot accepts the token, and for what the routes read.
 *
 * @param objectTypes that the routes read; contacts if they are not known
 */
record HubSpotCheck(DoctorContext context, Set<String> objectTypes) implements Check {

    /** The bean with address and token. */
    static final String BEAN = "hubspot";

    @Override
    public String name() {
        return "HubSpot";
    }

    /** Returns the settings with address and token: those that the bean refers to if there are any. */
    static List<String> settings(DoctorContext context) {
        boolean shipped = !context.settings().written("hubspot.token").isEmpty();
        return Stream.of("url", "token")
                .map(option -> (shipped ? "hubspot." : "camel.beans.hubspot.") + option)
                .toList();
    }

    @Override
    public Finding run() {
        context.settings().required(settings(context).get(0));
        Api api = context.settings().bean(BEAN, new Api());
        Set<String> types = objectTypes.isEmpty() ? Set.of("contacts") : objectTypes;
        try {
            types.forEach(type -> HubSpotAccess.check(BEAN, api, type));
            return pass("can read " + String.join(", ", types));
        } catch (HubSpotException e) {
            Cause cause =
                    switch (e.reason()) {
                        case TOKEN -> Cause.HUBSPOT_TOKEN;
                        case SCOPE -> Cause.HUBSPOT_SCOPE;
                        case LIMIT -> Cause.HUBSPOT_LIMIT;
                    };
            String secret = cause == Cause.HUBSPOT_TOKEN
                    ? "; in production it is the field api_key of the secret that infra.hubspot-secret names"
                    : "";
            return cause.found(e.found(), e.fix() + secret);
        } catch (PermanentException | TransientException e) {
            return Cause.ofApi(
                    e,
                    Cause.HUBSPOT_FAILED,
                    Cause.HUBSPOT_FAILED,
                    "check hubspot.url, the network, proxy and firewall");
        }
    }
}
