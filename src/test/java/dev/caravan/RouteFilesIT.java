package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import com.sun.tools.attach.VirtualMachine;
import dev.caravan.Installation.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A route file with a mistake is told by file and line, and stops nobody else. */
class RouteFilesIT {

    private static final String ROUTE =
            """
            - route:
                id: NAME
                from:
                  uri: pipeline:NAME
                  parameters:
                    cron: "0 1 * * *"
                    timeZone: UTC
                  steps:
                    - step:
                        id: load
                        steps:
                          - setBody:
                              constant: '[{"id": 1, "a+b": 1.5, "created-at": "2026-01-01"}]'
                          - to:
                              uri: warehouse:DLT.A.NAME
                              parameters:
                                mode: replace
            """;

    private static final String TEMPLATE =
            """
            - routeTemplate:
                id: table
                parameters:
                  - name: name
                  - name: cron
                    defaultValue: "0 5 * * *"
                  - name: tries
                    defaultValue: "3"
                  - name: next
                    defaultValue: "direct:exchange-rates-put"
                from:
                  uri: pipeline:{{name}}
                  parameters:
                    cron: "{{cron}}"
                    retries: "{{tries}}"
                  steps:
                    - to: "{{next}}"
            """;

    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path home) throws IOException {
        caravan = Installation.in(home);
    }

    private void broken(String name, String right, String wrong) throws IOException {
        assertThat(ROUTE).contains(right);
        caravan.route(name, ROUTE.replace(right, wrong).replace("NAME", name));
    }

    private void templated(String name, String template, String... parameters) throws IOException {
        StringBuilder yaml = new StringBuilder("- templatedRoute:\n    routeTemplateRef: " + template
                + "\n    routeId: " + name + "\n    parameters:\n");
        for (String parameter : parameters) {
            String[] parts = parameter.split("=", 2);
            yaml.append("      - name: " + parts[0] + "\n        value: \"" + parts[1] + "\"\n");
        }
        caravan.route(name, yaml.toString());
    }

    private Map<String, String> mistakes() {
        Result result = caravan.run("ls", "--output", "json");
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.err()).doesNotContain("\tat ");
        Map<String, String> mistakes = new LinkedHashMap<>();
        for (JsonNode row : result.json()) {
            if (!row.get("error").isNull()) {
                String error = row.get("error").asText();
                assertThat(result.err()).contains(error);
                int end = error.indexOf(".yaml");
                mistakes.put(error.substring("routes/".length(), end), error.substring(end + ".yaml".length()));
            }
        }
        return mistakes;
    }

    @Test
    void eachMistakeHasItsLineAndTheNearestRightName() throws Exception {
        broken("twice", "timeZone: UTC", "cron: \"0 2 * * *\"");
        broken("empty", "cron: \"0 1 * * *\"", "cron:");
        broken("blank", "cron: \"0 1 * * *\"", "cron: \"\"");
        broken("corn", "cron:", "corn:");
        broken("many", "timeZone: UTC", "retries: many");
        broken("retry", "timeZone: UTC", "retry: 0");
        broken("soon", "timeZone: UTC", "retryDelay: soon");
        broken("half", "timeZone: UTC", "retryDelay: 0.5s");
        broken("unit", "timeZone: UTC", "timeout: 30");
        broken("percent", "timeZone: UTC", "retryJitter: 50%");
        broken("overlap", "timeZone: UTC", "onOverlap: que");
        broken("negative", "timeZone: UTC", "retries: -1");
        broken("mode", "mode: replace", "mode: repalce");
        broken("mod", "mode: replace", "mod: replace");
        broken("allow", "mode: replace", "mode: replace\n                    allowEmpty: yess");
        broken("name", "mode: replace", "mode: replace\n                    type.a+b: DATE");
        broken("hour", "0 1 * * *", "0 25 * * *");
        broken("zone", "timeZone: UTC", "timeZone: Mars/Phobos");
        broken("param", "timeZone: UTC", "param.day: dat");
        broken("scheme", "warehouse:", "wharehouse:");
        broken(
                "simple",
                "constant: '[{\"id\": 1, \"a+b\": 1.5, \"created-at\": \"2026-01-01\"}]'",
                "simple: ${variabel.x}");
        broken(
                "csv",
                "setBody:\n                  constant:",
                "unmarshal:\n                  csv: {}\n              - setBody:\n                  constant:");
        broken(
                "uri",
                "pipeline:NAME\n      parameters:\n        cron: \"0 1 * * *\"\n        timeZone: UTC",
                "pipeline:NAME?retries=many");
        broken(
                "steps",
                "                  parameters:\n                    mode: replace",
                "              - step:\n                  id: load\n                  steps: []");

        Map<String, String> mistakes = mistakes();
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("twice", ", line 7: duplicate key cron, first in line 6");
        expected.put("empty", ", line 6: cron has no value");
        expected.put("blank", ", line 6: cron has no value");
        expected.put("corn", ", line 6: pipeline has no option corn. Did you mean cron?");
        expected.put("many", ", line 7: retries must be a whole number, not 'many'");
        expected.put("retry", ", line 7: pipeline has no option retry. Did you mean retries?");
        expected.put("soon", ", line 7: retryDelay must be a duration such as 30s, 10m or 2h, not 'soon'");
        expected.put("half", ", line 7: retryDelay must be a duration such as 30s, 10m or 2h, not '0.5s'");
        expected.put("unit", ", line 7: timeout: 30 has no unit: write 30s, 30m or 30h");
        expected.put("percent", ", line 7: retryJitter must be a number, not '50%'");
        expected.put("overlap", ", line 7: onOverlap must be skip, queue or cancel, not 'que'. Did you mean queue?");
        expected.put("negative", ", line 7: Pipeline negative: retries must be 0 or more");
        expected.put("mode", ", line 17: mode must be replace, append or merge, not 'repalce'. Did you mean replace?");
        expected.put("mod", ", line 17: warehouse has no option mod. Did you mean mode?");
        expected.put("allow", ", line 18: allowEmpty must be true or false, not 'yess'");
        expected.put("name", ", line 18: option name type.a+b must not contain & % # = ? +");
        expected.put("hour", ", line 6: Pipeline hour has an invalid cron '0 25 * * *'");
        expected.put("zone", ", line 7: Pipeline zone has the timeZone 'Mars/Phobos'");
        expected.put("param", ", line 7: Parameter day of pipeline param has the unknown type 'dat'");
        expected.put("scheme", ", line 14: unknown component wharehouse. Did you mean warehouse?");
        expected.put("simple", ", line 13: Unknown function: variabel.x");
        expected.put("csv", ", line 13: Data format 'csv' could not be created");
        expected.put("uri", ", line 4: retries must be a whole number, not 'many'");
        expected.put("steps", ", line 17: duplicate id load in this route, first in line 10");
        assertThat(mistakes).hasSameSizeAs(expected);
        expected.forEach(
                (file, mistake) -> assertThat(mistakes.get(file)).as(file).startsWith(mistake));
    }

    @Test
    void mistakesOfRoutesFromTemplatesAreToldWhereTheirParametersAre() throws Exception {
        caravan.route("template", TEMPLATE);
        templated("right", "table", "name=right");
        templated("unknown", "table", "name=unknown", "crom=0 5 * * *");
        templated("missing", "table", "tries=1");
        templated("value", "table", "name=value", "tries=many");
        templated("hour", "table", "name=hour", "cron=0 25 * * *");
        templated("call", "table", "name=call", "next=direct:nope");
        templated("ref", "tabel", "name=ref");

        Map<String, String> mistakes = mistakes();
        assertThat(mistakes).containsOnlyKeys("unknown", "missing", "value", "hour", "call", "ref");
        assertThat(mistakes.get("unknown"))
                .isEqualTo(", line 8: route template table has no parameter crom. Did you mean cron?");
        assertThat(mistakes.get("missing")).isEqualTo(", line 2: route template table requires the parameter name");
        assertThat(mistakes.get("value")).isEqualTo(", line 8: retries must be a whole number, not 'many'");
        assertThat(mistakes.get("hour")).startsWith(", line 8: Pipeline hour has an invalid cron '0 25 * * *'");
        assertThat(mistakes.get("call")).startsWith(", line 8: no route begins with direct:nope");
        assertThat(mistakes.get("ref")).isEqualTo(", line 2: unknown route template tabel. Did you mean table?");
        Result cost = caravan.run("cost");
        assertThat(cost.exit()).as(cost.err()).isZero();
        assertThat(cost.out()).containsPattern("31\\s+runs of right");
        Result run = caravan.run("run", "value");
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).startsWith("caravan: routes/value.yaml, line 8: ");
    }

    @Test
    void callsOfRoutesThatDoNotExistAreFoundAtTheStart() throws Exception {
        Map<String, String> calls = new LinkedHashMap<>();
        calls.put("to", "to: pipeline:products-dialy");
        calls.put("wiretap", "wireTap: { uri: \"direct:nope\" }");
        calls.put("multicast", "multicast: { steps: [ { to: direct:exchange-rates-put }, { to: direct:nope } ] }");
        calls.put("enrich", "enrich: { constant: \"direct:nope\" }");
        calls.put("recipients", "recipientList: { constant: \"direct:nope\" }");
        calls.put("parameters", "to: { uri: direct:nope, parameters: { block: false } }");
        calls.put("dynamic", "toD: \"direct:${body}\"");
        calls.put("caller", "to: pipeline:to");
        calls.put("former", "to: direct:exchange-rates");
        for (Map.Entry<String, String> call : calls.entrySet()) {
            caravan.route(
                    call.getKey(),
                    """
                    - route:
                        id: NAME
                        from:
                          uri: pipeline:NAME
                          steps:
                            - choice:
                                when:
                                  - simple: "${body} != null"
                                    steps:
                                      - CALL
                    """
                            .replace("NAME", call.getKey())
                            .replace("CALL", call.getValue()));
        }
        Map<String, String> mistakes = mistakes();
        assertThat(mistakes)
                .containsOnlyKeys(
                        "to", "wiretap", "multicast", "enrich", "recipients", "parameters", "caller", "former");
        assertThat(mistakes.get("former")).contains("replaced by api:openexchangerates/RESOURCE");
        assertThat(mistakes.get("to"))
                .isEqualTo(
                        ", line 10: no route begins with pipeline:products-dialy. Did you mean pipeline:products-daily?");
        assertThat(mistakes.get("caller")).contains("It is in a skipped file: routes/to.yaml, line 10");
        mistakes.forEach((file, mistake) -> assertThat(mistake).startsWith(", line 10: no route begins with "));
    }

    @Test
    void whatIsUnderParametersMeansWhatIsWritten() throws Exception {
        broken(
                "literal",
                "mode: replace",
                """
                mode: merge
                                    key: a+b
                                    type.created-at: DATE""");
        caravan.option("literal", "param.start-date", "string:50%+&#?=x");
        Result run = caravan.run("run", "literal");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(caravan.warehouse("DLT", "SELECT \"a+b\", typeof(\"created-at\") FROM A.\"literal\""))
                .containsExactly(List.of(1.5, "DATE"));
        assertThat(caravan.run("inspect", "literal", "--output", "json")
                        .json()
                        .get("parameters")
                        .get(0)
                        .asText())
                .isEqualTo("start-date=string:50%+&#?=x");
        assertThat(caravan.run("run", "literal", "-p", "start-date=x").exit()).isZero();
    }

    @Test
    void aQueryUnderParametersArrivesAsItIsWritten() throws Exception {
        List<String> queries = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            queries.add(exchange.getRequestURI().getRawQuery());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try {
            caravan.set(Map.of("my.key", "a+b&c=50%"));
            caravan.route(
                    "query",
                    """
                    - route:
                        id: query
                        from:
                          uri: pipeline:query
                          steps:
                            - setProperty: { name: since, constant: "12:00+02:00&x)%" }
                            - EIP:
                                uri: http://127.0.0.1:PORT/
                                parameters:
                                  httpMethod: GET
                                  since: "2026-01-01T00:00:00+02:00"
                                  rest: "50% & #1=%2B"
                                  key: "{{my.key}}"
                                  quoted: "RAW(a+b)"
                    """
                            .replace("PORT", "" + server.getAddress().getPort())
                            .replace("EIP", "to"));
            caravan.route(
                    "dynamic",
                    caravan.routeText("query").replace("query", "dynamic").replace("- to:", "- toD:")
                            + "              dyn: \"${exchangeProperty.since}\"\n");
            assertThat(caravan.run("run", "query").exit()).isZero();
            assertThat(caravan.run("run", "dynamic").exit()).isZero();
        } finally {
            server.stop(0);
        }
        String query = "key=a%2Bb%26c%3D50%25&quoted=a%2Bb&rest=50%25%20%26%20%231%3D%252B"
                + "&since=2026-01-01T00%3A00%3A00%2B02%3A00";
        assertThat(queries).hasSize(2);
        assertThat(parts(queries.get(0))).containsExactlyInAnyOrder(query.split("&"));
        assertThat(parts(queries.get(1)))
                .containsExactlyInAnyOrder((query + "&dyn=12%3A00%2B02%3A00%26x%29%25").split("&"));
    }

    private static String[] parts(String query) {
        return query.replace("+", "%20").split("&");
    }

    @Test
    void filesOfAnyPlaceAndSpellingAreReadAndCommentsAreNoRoute() throws Exception {
        Path routes = caravan.home().resolve("routes");
        caravan.route("off", "# - route:\n#     id: off\n");
        caravan.route("empty", "");
        Files.writeString(routes.resolve("short.yml"), ROUTE.replace("NAME", "short"));
        Files.createDirectories(routes.resolve("team/sub"));
        Files.writeString(routes.resolve("team/sub/deep.yaml"), ROUTE.replace("NAME", "deep"));
        Files.writeString(routes.resolve(".#draft.yaml"), "no route");
        Files.writeString(routes.resolve("wide.yaml"), ROUTE.replace("NAME", "wide"), StandardCharsets.UTF_16);
        Files.writeString(routes.resolve("latin.yaml"), ROUTE.replace("NAME", "é"), StandardCharsets.ISO_8859_1);

        Result result = caravan.run("ls");
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out()).contains(" short ", " deep ", " products-daily ");
        assertThat(result.err())
                .contains("routes/wide.yaml: not UTF-8 text", "routes/latin.yaml: not UTF-8 text")
                .doesNotContain("off.yaml", "empty.yaml", "draft");
    }

    @Test
    void aBrokenFileIsRefusedByWhatNeedsItAndToldByAllOthers() throws Exception {
        caravan.route("mine", ROUTE.replace("NAME", "mine").replace("'[{\"id\"", "'no JSON [{\"id\""));
        assertThat(caravan.run("run", "mine").exit()).isEqualTo(1);
        String failed = caravan.lastRun().id();
        broken("mine", "timeZone: UTC", "timeZone: Mars/Phobos");
        Result retry = caravan.run("runs", "retry", failed);
        assertThat(retry.exit()).isEqualTo(2);
        assertThat(retry.err())
                .startsWith("caravan: routes/mine.yaml, line 7: ")
                .hasLineCount(1);
        for (String command : List.of("run", "inspect", "pause", "resume")) {
            Result result = caravan.run(command, "mine");
            assertThat(result.exit()).as(command).isEqualTo(2);
            assertThat(result.err())
                    .startsWith("caravan: routes/mine.yaml, line 7: ")
                    .hasLineCount(1);
        }
        Result other = caravan.run("run", "currencies-weekly");
        assertThat(other.exit()).as(other.err()).isZero();
        assertThat(other.err()).contains("Skipped route file: routes/mine.yaml, line 7: ");
        assertThat(StreamSupport.stream(
                                caravan.run("verify", "--output", "json").json().spliterator(), false)
                        .filter(line -> line.get("check").asText().equals("route files"))
                        .map(line -> line.get("result").asText() + " "
                                + line.get("found").asText()))
                .singleElement()
                .asString()
                .startsWith("fail routes/mine.yaml, line 7: ");
        try (Installation.Background serve = caravan.start("serve", "serve")) {
            Awaitility.await().atMost(2, TimeUnit.MINUTES).until(() -> serve.said("Serving 4 scheduled pipelines"));
            assertThat(serve.said("Skipped route file: routes/mine.yaml, line 7: "))
                    .isTrue();
            assertThat(health(serve.process().pid()))
                    .anyMatch(row -> row.contains("id=route-files")
                            && row.contains("state=DOWN")
                            && row.contains("1 route file with a mistake is skipped"));
        }
    }

    /** What Camel's own MBean says, as any JMX client sees it. */
    @SuppressWarnings("BanJNDI") // JMX itself is what is shown here
    private static List<String> health(long process) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(process));
        try (JMXConnector connector =
                JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()), Map.of())) {
            TabularData details = (TabularData) connector
                    .getMBeanServerConnection()
                    .invoke(
                            new ObjectName("org.apache.camel:context=caravan,type=health,name=DefaultHealthCheck"),
                            "details",
                            new Object[0],
                            new String[0]);
            return details.values().stream().map(String::valueOf).toList();
        } finally {
            machine.detach();
        }
    }

    @Test
    void twoFilesOfOneNameAreBothLeftOut() throws Exception {
        caravan.copyRoute("products-daily", "copy", Map.of("pipeline:copy", "pipeline:products-daily"));
        Map<String, String> mistakes = mistakes();
        assertThat(mistakes).containsOnlyKeys("copy", "products-daily");
        assertThat(mistakes.get("copy"))
                .isEqualTo(
                        ", line 5: another route begins with pipeline:products-daily too: routes/products-daily.yaml,"
                                + " line 5; use different ones");
        assertThat(caravan.run("run", "products-daily").exit()).isEqualTo(2);
    }

    @Test
    void aSettingThatNobodyReadsIsRefused() throws Exception {
        caravan.set(Map.of("verify.tabels", "A.B.C by x"));
        Result result = caravan.run("ls");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err())
                .containsPattern("^caravan: application.properties, line \\d+: unknown setting verify.tabels."
                        + " Did you mean verify.tables\\?");
    }

    @Test
    void theReloadOfCamelIsRefused() throws Exception {
        caravan.set(Map.of("camel.main.routesReloadEnabled", "true"));
        Result result = caravan.run("ls");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains("camel.main.routesReloadEnabled");
    }
}
