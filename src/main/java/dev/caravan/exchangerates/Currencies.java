package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.TransientException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.Body;

/** The list of currencies. */
public final class Currencies {

    /** EUR, and others that are longer. */
    private static final Pattern CODE = Pattern.compile("[A-Z0-9_]{3,20}");

    private static final Pattern NAME = Pattern.compile("(?!\\s*$)\\P{Cntrl}{1,200}");

    private Currencies() {}

    /**
     * One row for each currency, with its {@code code} and {@code name}, from the answer to {@code /currencies.json}.
     *
     * @throws TransientException if the answer is something else
     */
    public static List<Map<String, Object>> rows(@Body JsonNode answer) {
        if (answer.isEmpty()) {
            throw new TransientException(
                    "Open Exchange Rates answered /currencies.json without a currency; nothing was written.");
        }
        return answer.properties().stream()
                .map(currency -> {
                    String name = currency.getValue().textValue();
                    if (name == null || !NAME.matcher(name).matches() || !isCode(currency.getKey())) {
                        throw new TransientException("Open Exchange Rates answered /currencies.json with something"
                                + " other than codes and names of currencies; nothing was written.");
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
