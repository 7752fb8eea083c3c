package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.TransientException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;

/** The list of currencies. */
public final class Currencies {

    private Currencies() {}

    /**
     * One row for each currency, with its {@code code} and {@code name}, from the answer to {@code /currencies.json}.
     *
     * @throws TransientException if the answer is something else
     */
    public static List<Map<String, Object>> rows(@Body JsonNode answer) {
        if (answer.isEmpty()) {
            throw new TransientException("Open Exchange Rates answered /currencies.json without a currency.");
        }
        return answer.properties().stream()
                .map(currency -> {
                    if (!currency.getValue().isTextual()) {
                        throw new TransientException("Open Exchange Rates answered /currencies.json with something"
                                + " other than names of currencies.");
                    }
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("code", currency.getKey());
                    row.put("name", currency.getValue().textValue());
                    return row;
                })
                .toList();
    }
}
