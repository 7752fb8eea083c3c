package dev.caravan.routes;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.util.StringHelper;

/** Finds the endpoints in routes and resolves their placeholders and template parameters. */
public final class RouteUris {

    private final CamelContext context;

    public RouteUris(CamelContext context) {
        this.context = context;
    }

    /**
     * An endpoint that a route calls.
     *
     * @param address without its options
     * @param line 0 if unknown
     */
    public record Call(String address, int line) {}

    /** Returns the URI at which a route begins, without options; empty if it cannot be resolved. */
    public String begin(RouteDefinition route) {
        return route.getInput() == null ? "" : address(route, route.getInput().getEndpointUri());
    }

    /** Returns the endpoints that a route calls directly, as far as they are known before it runs. */
    public List<Call> calls(RouteDefinition route) {
        List<Call> calls = new ArrayList<>();
        for (ProcessorDefinition<?> node : nodes(route)) {
            String uri = uri(node);
            String address = uri == null || !isFixed(node, uri) ? "" : address(route, uri);
            // with an explicit location, Camel finds the Kamelet
            if (!address.isEmpty() && !(Kamelets.called(address).isPresent() && uri.contains("location="))) {
                calls.add(new Call(address, node.getLineNumber()));
            }
        }
        return calls;
    }

    /**
     * Returns all endpoints of a route and of the Kamelets that it calls, with options. Expressions stay unresolved.
     */
    public List<String> reaches(RouteDefinition route) {
        List<String> uris = new ArrayList<>();
        if (route.getInput() != null) {
            uris.add(filled(route, route.getInput().getEndpointUri()));
        }
        reach(route, uris, new HashSet<>());
        return uris;
    }

    private void reach(RouteDefinition route, List<String> uris, Set<String> kamelets) {
        for (ProcessorDefinition<?> node : nodes(route)) {
            String uri = uri(node);
            if (uri != null) {
                uris.add(filled(route, uri));
                Kamelets.called(address(route, uri)).filter(kamelets::add).ifPresent(name -> template(name)
                        .ifPresent(inner -> reach(inner, uris, kamelets)));
            }
        }
    }

    private Optional<RouteDefinition> template(String kamelet) {
        try {
            return new Kamelets((ModelCamelContext) context).find(kamelet).map(RouteTemplateDefinition::getRoute);
        } catch (Exception e) {
            return Optional.empty(); // CallCheck reports it
        }
    }

    private static List<ProcessorDefinition<?>> nodes(RouteDefinition route) {
        List<ProcessorDefinition<?>> nodes = new ArrayList<>();
        for (ProcessorDefinition<?> node :
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
            nodes.add(node);
        }
        return nodes;
    }

    /** Returns the URI that a node calls, unresolved; null if it calls nothing. */
    private static String uri(ProcessorDefinition<?> node) {
        if (node instanceof ToDynamicDefinition dynamic) {
            return dynamic.getUri();
        } else if (node instanceof EndpointRequiredDefinition caller) {
            return caller.getEndpointUri();
        }
        return isComputed(node) && ((ExpressionNode) node).getExpression() != null
                ? ((ExpressionNode) node).getExpression().getExpression()
                : null;
    }

    /** Returns whether the URI is an expression. */
    private static boolean isComputed(ProcessorDefinition<?> node) {
        return node instanceof EnrichDefinition
                || node instanceof PollEnrichDefinition
                || node instanceof RecipientListDefinition
                || node instanceof RoutingSlipDefinition
                || node instanceof DynamicRouterDefinition;
    }

    /** Returns whether the URI is independent of the message. */
    private static boolean isFixed(ProcessorDefinition<?> node, String uri) {
        if (uri.contains("${")) {
            return false;
        } else if (!isComputed(node)) {
            return true;
        }
        String language = ((ExpressionNode) node).getExpression().getLanguage();
        return ("constant".equals(language) || "simple".equals(language)) && uri.matches("[a-z][\\w+-]*:[^,\\s]+");
    }

    /** Resolves template parameters and placeholders; unknown ones stay. */
    private String filled(RouteDefinition route, String uri) {
        String filled = parameters(route, uri);
        try {
            return context.resolvePropertyPlaceholders(filled);
        } catch (RuntimeException e) {
            return filled;
        }
    }

    private static String parameters(RouteDefinition route, String uri) {
        String filled = uri;
        Map<String, Object> parameters = route.getTemplateParameters();
        if (parameters != null) {
            for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
                filled = filled.replaceAll(
                        "\\{\\{\\??" + Pattern.quote(parameter.getKey()) + "(:[^{}]*)?}}",
                        Matcher.quoteReplacement(String.valueOf(parameter.getValue())));
            }
        }
        return filled;
    }

    /** Returns the resolved URI without options; empty if it cannot be resolved. */
    private String address(RouteDefinition route, String uri) {
        String filled = parameters(route, uri);
        filled = StringHelper.before(filled, "?", filled);
        try {
            filled = context.resolvePropertyPlaceholders(filled);
        } catch (RuntimeException e) {
            return "";
        }
        return StringHelper.before(filled, "?", filled).replace("://", ":").strip();
    }
}
