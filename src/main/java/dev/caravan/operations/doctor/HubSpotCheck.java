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

/**
 * Checks that HubSpot accepts the token, and for what the routes read.
 *
 * @param bean with address and token
 * @param objectTypes that the routes read; contacts if they are not known
 */
record HubSpotCheck(DoctorContext context, String bean, Set<String> objectTypes) implements Check {

    /** The bean of the shipped route. */
    static final String BEAN = "hubspot";

    @Override
    public String name() {
        return bean.equals(BEAN) ? "HubSpot" : "HubSpot by " + bean;
    }

    /** Returns the settings with address and token: those that the bean refers to if it is the shipped one. */
    List<String> settings() {
        String prefix = isShipped() ? "hubspot." : "camel.beans." + bean + ".";
        return List.of(prefix + "url", prefix + "token");
    }

    private boolean isShipped() {
        return bean.equals(BEAN) && !context.settings().written("hubspot.token").isEmpty();
    }

    @Override
    public Finding run() {
        context.settings().required(settings().get(0));
        Api api = context.settings().bean(bean, new Api());
        Set<String> types = objectTypes.isEmpty() ? Set.of("contacts") : objectTypes;
        try {
            types.forEach(type -> HubSpotAccess.check(bean, api, type));
            return pass("can read " + String.join(", ", types));
        } catch (HubSpotException e) {
            Cause cause =
                    switch (e.reason()) {
                        case TOKEN -> Cause.HUBSPOT_TOKEN;
                        case SCOPE -> Cause.HUBSPOT_SCOPE;
                        case LIMIT -> Cause.HUBSPOT_LIMIT;
                    };
            String secret = cause == Cause.HUBSPOT_TOKEN && isShipped()
                    ? "; in production it is the field api_key of the secret that infra.hubspot-secret names"
                    : "";
            return cause.found(e.found(), e.fix() + secret);
        } catch (PermanentException | TransientException e) {
            return Cause.ofApi(
                    e,
                    Cause.HUBSPOT_FAILED,
                    Cause.HUBSPOT_FAILED,
                    "check " + settings().get(0) + ", the network, proxy and firewall");
        }
    }
}
