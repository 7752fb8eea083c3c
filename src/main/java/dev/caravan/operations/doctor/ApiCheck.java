package dev.caravan.operations.doctor;

import dev.caravan.api.Api;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.util.List;

/**
 * Checks that an API answers, and accepts the credentials.
 *
 * @param bean its name
 * @param used whether a route reads from it
 */
record ApiCheck(DoctorContext context, String bean, boolean used) implements Check {

    private static final String BEANS = "camel.beans.";

    /** Returns the names of the APIs among the beans of the settings. */
    static List<String> beans(DoctorContext context) {
        String api = "#class:" + Api.class.getName();
        return context.settings().written(BEANS).entrySet().stream()
                .filter(setting -> setting.getValue().strip().equals(api))
                .map(setting -> setting.getKey().substring(BEANS.length()))
                .toList();
    }

    /** Returns the settings that can be secrets. */
    List<String> settings() {
        return List.copyOf(context.settings().written(BEANS + bean + ".").keySet());
    }

    @Override
    public String name() {
        return "API " + bean;
    }

    @Override
    public Finding run() {
        if (!used) {
            return notApplicable("not used by any route");
        }
        try {
            return pass(context.settings().bean(bean, new Api()).probe(bean));
        } catch (PermanentException | TransientException e) {
            return Cause.ofApi(e, Cause.API_UNREACHABLE, Cause.API_REJECTED, null);
        }
    }
}
