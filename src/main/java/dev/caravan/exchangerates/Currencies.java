package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.TransientException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;

/** The list of currencies. */
public final class Currencies {

    /** EUR; some codes are longer. */
    private static final Pattern CODE = Pattern.compile("[A-Z0-9_]{3,20}");

    private static final Pattern NAME = Pattern.compile("(?!\\s*$)\\P{Cntrl}{1,200}");

    private Currencies() {}

    /**
     * Returns a row for each currency, with its {@code code} and {@code name}. The body is the response to
     * {@code /currencies.json}, read as one row.
     *
     * @throws TransientException if the response is something else
     */
    public static List<Map<String, Object>> rows(Exchange exchange) {
        return rows(Document.of(exchange));
    }

    static List<Map<String, Object>> rows(JsonNode answer) {
        if (answer.isEmpty()) {
            throw new TransientException(
                    "The response of Open Exchange Rates to /currencies.json has no currency; nothing was written.");
        }
        return answer.properties().stream()
                .map(currency -> {
                    String name = currency.getValue().textValue();
                    if (name == null || !NAME.matcher(name).matches() || !isCode(currency.getKey())) {
                        throw new TransientException("The response of Open Exchange Rates to /currencies.json has"
                                + " something other than currency codes and names; nothing was written.");
                    }
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("code", currency.getKey());
                    row.put("name", name);
                    return row;
                })
                .toList();
    }

    static boolean isCode(String text) {
        return CODE.matcher(text).matches();
    }
}
