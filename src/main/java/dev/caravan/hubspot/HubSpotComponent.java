package dev.caravan.hubspot;

import dev.caravan.api.Api;
import dev.caravan.run.UsageException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.util.IOHelper;

/** Reads objects of HubSpot's CRM, such as contacts. */
@Component("hubspot")
public class HubSpotComponent extends DefaultComponent {

    @Metadata(
            defaultValue = "4",
            description =
                    "The maximum rate of searches of all pipelines of this process together. HubSpot allows an account five per second. Other requests are limited by the API's requestsPerSecond.")
    private double searchesPerSecond = 4;

    private final Map<String, HubSpotClient> clients = new ConcurrentHashMap<>();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        HubSpotEndpoint endpoint = new HubSpotEndpoint(uri, this, remaining);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** Returns the client of an API, which all its routes share. */
    HubSpotClient client(String name) {
        return clients.computeIfAbsent(name, each -> {
            Api api = getCamelContext().getRegistry().lookupByNameAndType(each, Api.class);
            if (api == null) {
                throw new UsageException("HubSpot needs the bean " + each + ": set camel.beans." + each + " = #class:"
                        + Api.class.getName() + ", and its url and token");
            }
            return new HubSpotClient(each, api, searchesPerSecond);
        });
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        clients.values().forEach(IOHelper::close);
        clients.clear();
    }

    public double getSearchesPerSecond() {
        return searchesPerSecond;
    }

    public void setSearchesPerSecond(double searchesPerSecond) {
        this.searchesPerSecond = searchesPerSecond;
    }
}
