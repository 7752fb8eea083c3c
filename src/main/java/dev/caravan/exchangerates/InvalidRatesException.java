package dev.caravan.exchangerates;

import dev.caravan.run.TransientException;

/**
 * The response is complete but invalid: another day than requested, a rate of zero. A retry may succeed, as rates are
 * corrected; other days are not affected.
 */
class InvalidRatesException extends TransientException {

    InvalidRatesException(String resource, String problem) {
        super("The response of Open Exchange Rates to " + resource + " has " + problem + "; nothing was written.");
    }
}
