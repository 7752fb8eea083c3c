package dev.caravan.operations;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/** What the routes reach, as far as that is known before they run: nobody needs the settings of anything else. */
public final class RouteUses {

    private static final Pattern OPEN = Pattern.compile("\\{\\{|\\$\\{");

    /** The URIs that routes call; null if that is not known. */
    private final List<String> uris;

    private RouteUses(List<String> uris) {
        this.uris = uris;
    }

    /** Of the routes of a Camel context. */
    public static RouteUses of(CamelContext context) {
        List<String> uris = new ArrayList<>();
        for (RouteDefinition route : ((ModelCamelContext) context).getRouteDefinitions()) {
            if (route.getInput() != null) {
                uris.add(resolved(context, route.getInput().getEndpointUri()));
            }
            for (ProcessorDefinition<?> node :
                    ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
                String uri = uri(node);
                if (uri != null) {
                    uris.add(resolved(context, uri));
                }
            }
        }
        return new RouteUses(uris);
    }

    /** Where the routes cannot be read, they may use everything. */
    public static RouteUses everything() {
        return new RouteUses(null);
    }

    private static String uri(ProcessorDefinition<?> node) {
        if (node instanceof ToDynamicDefinition dynamic) {
            return dynamic.getUri();
        } else if (node instanceof EndpointRequiredDefinition caller) {
            return caller.getEndpointUri();
        }
        return node instanceof ExpressionNode expression && expression.getExpression() != null
                ? expression.getExpression().getExpression()
                : null;
    }

    /** A parameter of a template stays as it is. */
    private static String resolved(CamelContext context, String uri) {
        try {
            return context.resolvePropertyPlaceholders(uri);
        } catch (RuntimeException e) {
            return uri;
        }
    }

    /** Whether a route uses a data source, or may do so because the name is found when it runs. */
    public boolean dataSource(String bean) {
        Pattern names = Pattern.compile("(?:^jdbc:|#|dataSource=)" + Pattern.quote(bean) + "(?![\\w-])");
        return uris == null
                || uris.stream()
                        .anyMatch(uri -> names.matcher(uri).find()
                                || (uri.startsWith("jdbc:") && OPEN.matcher(uri).find()));
    }

    /** Whether a route calls something whose URI begins so. */
    public boolean calls(String uri) {
        return uris == null || uris.stream().anyMatch(each -> each.startsWith(uri));
    }
}
