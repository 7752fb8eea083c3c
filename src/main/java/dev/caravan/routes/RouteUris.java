package dev.caravan.routes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.util.StringHelper;

/** The endpoints that routes name, with their settings and, in a route made of a template, its parameters. */
public final class RouteUris {

    private final CamelContext context;

    public RouteUris(CamelContext context) {
        this.context = context;
    }

    /**
     * An endpoint that a route calls.
     *
     * @param address without its options
     * @param line where it is written; 0 if that is not known
     */
    public record Call(String address, int line) {}

    /** Where a route begins, without options; empty if that cannot be known. */
    public String begin(RouteDefinition route) {
        return route.getInput() == null ? "" : address(route, route.getInput().getEndpointUri());
    }

    /** The endpoints that a route calls, as far as they are known before it runs. */
    public List<Call> calls(RouteDefinition route) {
        List<Call> calls = new ArrayList<>();
        for (ProcessorDefinition<?> node :
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
            String uri = uri(node);
            String address = uri == null || uri.contains("${") ? "" : address(route, uri);
            if (!address.isEmpty()) {
                calls.add(new Call(address, node.getLineNumber()));
            }
        }
        return calls;
    }

    private static String uri(ProcessorDefinition<?> node) {
        if (node instanceof ToDynamicDefinition dynamic) {
            return dynamic.getUri();
        } else if (node instanceof EndpointRequiredDefinition caller) {
            return caller.getEndpointUri();
        } else if (node instanceof EnrichDefinition
                || node instanceof PollEnrichDefinition
                || node instanceof RecipientListDefinition
                || node instanceof RoutingSlipDefinition) {
            return expression((ExpressionNode) node);
        }
        return null;
    }

    /** One address that an expression gives whatever the message. */
    private static String expression(ExpressionNode node) {
        if (node.getExpression() == null) {
            return null;
        }
        String language = node.getExpression().getLanguage();
        String text = node.getExpression().getExpression();
        boolean fixed = ("constant".equals(language) || "simple".equals(language))
                && text != null
                && text.matches("[a-z][\\w+-]*:[^,\\s]+");
        return fixed ? text : null;
    }

    private String address(RouteDefinition route, String uri) {
        String filled = uri;
        Map<String, Object> parameters = route.getTemplateParameters();
        if (parameters != null) {
            for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
                filled = filled.replaceAll(
                        "\\{\\{\\??" + Pattern.quote(parameter.getKey()) + "(:[^{}]*)?}}",
                        Matcher.quoteReplacement(String.valueOf(parameter.getValue())));
            }
        }
        filled = StringHelper.before(filled, "?", filled);
        try {
            filled = context.resolvePropertyPlaceholders(filled);
        } catch (RuntimeException e) {
            return "";
        }
        return StringHelper.before(filled, "?", filled).replace("://", ":").strip();
    }
}
