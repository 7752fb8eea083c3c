package dev.caravan.exchangerates;

import dev.caravan.run.TransientException;

/**
 * The answer is whole, but says what cannot be so: a day that was not asked for, a rate of zero. Asking again may help, as
 * rates are corrected; another day is not affected.
 */
class InvalidRatesException extends TransientException {

    InvalidRatesException(String resource, String odd) {
        super("Open Exchange Rates answered " + resource + " with " + odd + "; nothing was written.");
    }
}
