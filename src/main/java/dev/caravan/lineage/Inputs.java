package dev.caravan.lineage;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.pipeline.Pipelines;
import io.openlineage.client.utils.DatasetIdentifier;
import io.openlineage.client.utils.jdbc.JdbcDatasetUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetBodyDefinition;
import org.apache.camel.util.StringHelper;

/** What the routes of a pipeline read, as far as they say so: tables of databases, objects of APIs. */
final class Inputs {

    private Inputs() {}

    /** Returns the datasets; none if this process does not have the pipeline. */
    static List<DatasetIdentifier> of(Pipelines pipelines, String pipeline) {
        if (!pipelines.names().contains(pipeline)) {
            return List.of();
        }
        Map<String, DatasetIdentifier> inputs = new LinkedHashMap<>();
        List<String> queries =
                pipelines.routes(pipeline).stream().flatMap(Inputs::queries).toList();
        for (Endpoint endpoint : pipelines.endpoints(pipeline)) {
            datasets(endpoint, queries)
                    .forEach(input -> inputs.put(input.getNamespace() + " " + input.getName(), input));
        }
        return List.copyOf(inputs.values());
    }

    private static Stream<DatasetIdentifier> datasets(Endpoint endpoint, List<String> queries) {
        String uri = StringHelper.before(endpoint.getEndpointUri(), "?", endpoint.getEndpointUri());
        String path = StringHelper.after(uri, "://", "");
        if (endpoint instanceof JdbcEndpoint jdbc) {
            return jdbc.getDataSource() instanceof HikariDataSource pool && pool.getJdbcUrl() != null
                    ? queries.stream()
                            .flatMap(sql -> SqlTables.of(sql).stream())
                            .map(table -> table(pool.getJdbcUrl(), table))
                    : Stream.empty();
        } else if (uri.startsWith("hubspot://")) {
            return Stream.of(new DatasetIdentifier(path, "hubspot"));
        } else if (uri.startsWith("api://")) {
            return Stream.of(new DatasetIdentifier(
                    StringHelper.after(path, "/", "/"), "api://" + StringHelper.before(path, "/", path)));
        }
        return Stream.empty();
    }

    private static DatasetIdentifier table(String url, String table) {
        return JdbcDatasetUtils.getDatasetIdentifier(url, table, new Properties());
    }

    private static Stream<String> queries(Route route) {
        RouteDefinition definition =
                ((ModelCamelContext) route.getCamelContext()).getRouteDefinition(route.getRouteId());
        return definition != null
                ? ProcessorDefinitionHelper.filterTypeInOutputs(definition.getOutputs(), SetBodyDefinition.class)
                        .stream()
                        .map(body -> body.getExpression().getExpression())
                        .filter(text -> text != null && text.stripLeading().matches("(?is)(select|with)\\b.*"))
                : Stream.empty();
    }
}
