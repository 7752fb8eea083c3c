package dev.caravan.api;

import dev.caravan.run.UsageException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.util.IOHelper;
import org.apache.camel.util.PropertiesHelper;

/** Reads rows from REST APIs, page by page. */
@Component("api")
public class ApiComponent extends DefaultComponent {

    private final Map<String, ApiClient> clients = new ConcurrentHashMap<>();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        String[] parts = remaining.split("/", 2);
        ApiEndpoint endpoint = new ApiEndpoint(uri, this, parts[0], parts.length == 1 ? "" : parts[1]);
        endpoint.getQuery().putAll(PropertiesHelper.extractProperties(parameters, "query."));
        endpoint.getHeaders().putAll(PropertiesHelper.extractProperties(parameters, "header."));
        endpoint.getParent().putAll(PropertiesHelper.extractProperties(parameters, "parent."));
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** Returns the description of an API. */
    Api api(String name) {
        Api api = getCamelContext().getRegistry().lookupByNameAndType(name, Api.class);
        if (api == null) {
            throw new UsageException("Unknown API " + name + ": describe it in application.properties, by camel.beans."
                    + name + " = #class:" + Api.class.getName() + " and camel.beans." + name + ".url");
        }
        return api;
    }

    /** Returns the client of an API, which all its routes share. */
    ApiClient client(String name) {
        return clients.computeIfAbsent(name, each -> new ApiClient(each, api(each)));
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        clients.values().forEach(IOHelper::close);
        clients.clear();
    }
}
