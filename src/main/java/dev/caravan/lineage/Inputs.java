package dev.caravan.lineage;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.run.Secrets;
import io.openlineage.client.utils.DatasetIdentifier;
import io.openlineage.client.utils.jdbc.JdbcDatasetUtils;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetBodyDefinition;
import org.apache.camel.processor.PollEnricher;
import org.apache.camel.processor.SendDynamicProcessor;
import org.apache.camel.support.EndpointHelper;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.URISupport;

/** What the routes of a pipeline read, as far as they say so: tables of databases, objects of APIs, addresses, files. */
final class Inputs {

    /** What does not read from a bucket, writes to it. */
    private static final Set<String> BUCKET_READS = Set.of("getObject", "getObjectRange", "listObjects");

    private static final Pattern HOST = Pattern.compile("([\\w.-]+|\\[[\\da-fA-F:.]+])(:\\d+)?");

    private Inputs() {}

    /** Returns the datasets; none if this process does not have the pipeline. */
    static List<DatasetIdentifier> of(Pipelines pipelines, String pipeline) {
        if (!pipelines.names().contains(pipeline)) {
            return List.of();
        }
        Map<String, DatasetIdentifier> inputs = new LinkedHashMap<>();
        Collection<Route> routes = pipelines.routes(pipeline);
        List<String> queries = routes.stream().flatMap(Inputs::queries).toList();
        Stream.concat(
                        pipelines.endpoints(pipeline).stream().flatMap(endpoint -> datasets(endpoint, queries)),
                        routes.stream().flatMap(Inputs::locations))
                .forEach(input -> inputs.put(input.getNamespace() + " " + input.getName(), input));
        return List.copyOf(inputs.values());
    }

    /** What a route polls, or calls with options that are only known in a run. */
    private static Stream<DatasetIdentifier> locations(Route route) {
        return route.filter("*").stream()
                .flatMap(processor -> processor instanceof PollEnricher poll
                        ? location(normal(route, poll.getUri()), true)
                        : processor instanceof SendDynamicProcessor call
                                ? location(normal(route, call.getUri()), false)
                                : Stream.empty());
    }

    /** Returns the address as endpoints have it; empty if all of it is only known in a run. */
    private static String normal(Route route, String uri) {
        return uri == null
                ? ""
                : EndpointHelper.normalizeEndpointUri(route.getCamelContext().resolvePropertyPlaceholders(uri));
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
            return Stream.of(
                    dataset("api://" + StringHelper.before(path, "/", path), StringHelper.after(path, "/", "")));
        }
        return location(endpoint.getEndpointUri(), false);
    }

    /** What is read at an address of HTTP, in a bucket or in a directory; none if it is written, or somewhere else. */
    private static Stream<DatasetIdentifier> location(String uri, boolean polled) {
        String scheme = StringHelper.before(uri, ":", "");
        String written = URISupport.stripQuery(StringHelper.after(uri, ":", "")).replaceFirst("^//", "");
        String path = decoded(written);
        if (path.contains("${")) {
            return Stream.empty();
        }
        Map<String, Object> options = options(uri);
        return switch (scheme) {
            case "http", "https" ->
                // without the option, Camel posts a message that has a body
                polled || "GET".equals(options.get("httpMethod")) ? address(scheme, written) : Stream.empty();
            case "aws2-s3" ->
                polled || BUCKET_READS.contains(String.valueOf(options.get("operation")))
                        ? Stream.of(dataset(
                                "s3://" + path.replaceFirst("^arn:.*:", ""),
                                known(options, "keyName")
                                        .or(() -> known(options, "prefix"))
                                        .orElse("")))
                        : Stream.empty();
            case "file" ->
                polled
                        ? Stream.of(dataset(
                                "file",
                                Path.of(path, known(options, "fileName").orElse(""))
                                        .toAbsolutePath()
                                        .normalize()
                                        .toString()))
                        : Stream.empty();
            default -> Stream.empty();
        };
    }

    private static Map<String, Object> options(String uri) {
        try {
            return URISupport.parseQuery(URISupport.extractQuery(uri));
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** An option whose value does not depend on the run. */
    private static Optional<String> known(Map<String, Object> options, String name) {
        return Optional.ofNullable(options.get(name))
                .map(value -> decoded(value.toString()))
                .filter(value -> !value.contains("${"));
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part, StandardCharsets.UTF_8);
    }

    /** What is not clearly a host, could be a part of a login. */
    private static Stream<DatasetIdentifier> address(String scheme, String written) {
        String authority = StringHelper.before(written, "/", written);
        String host = authority.substring(authority.lastIndexOf('@') + 1);
        String root = scheme + "://" + host + "/";
        String address = Secrets.mask(root + StringHelper.after(written, "/", ""));
        return HOST.matcher(host).matches() && address.startsWith(root)
                ? Stream.of(dataset(scheme + "://" + host, decoded(address.substring(root.length()))))
                : Stream.empty();
    }

    /** An address can have a token in its path. */
    private static DatasetIdentifier dataset(String namespace, String name) {
        return new DatasetIdentifier(name.isEmpty() ? "/" : Secrets.mask(name), namespace);
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
