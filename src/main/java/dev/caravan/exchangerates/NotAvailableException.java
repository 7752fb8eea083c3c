package dev.caravan.exchangerates;

import dev.caravan.run.PermanentException;

/** The API has no rates of the date that it was asked for. */
public class NotAvailableException extends PermanentException {

    public NotAvailableException(String message) {
        super(message);
    }
}
