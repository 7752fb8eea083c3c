package dev.caravan.exchangerates;

import dev.caravan.run.PermanentException;

/** The API has no rates for the requested date. */
public class NotAvailableException extends PermanentException {

    public NotAvailableException(String message) {
        super(message);
    }
}
