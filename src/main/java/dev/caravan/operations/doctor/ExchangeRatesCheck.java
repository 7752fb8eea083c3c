package dev.caravan.operations.doctor;

import dev.caravan.exchangerates.OpenExchangeRates;
import dev.caravan.exchangerates.RefusedException;
import dev.caravan.exchangerates.Usage;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;

/** Checks that Open Exchange Rates accepts the key and that requests are left. The check itself costs none. */
record ExchangeRatesCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "Open Exchange Rates";
    }

    @Override
    public Finding run() {
        context.settings().required("exchange-rates.url");
        if (context.settings().get("exchange-rates.api-key") == null) {
            return Cause.EXCHANGE_RATES_KEY.found(
                    "exchange-rates.api-key is not set", "set it to the App ID of your account");
        }
        try {
            Usage usage = Usage.of(context.settings().bean(OpenExchangeRates.BEAN, new OpenExchangeRates()));
            if (usage.isUsedUp()) {
                return usedUp("the quota is used up: " + usage.requests() + " of "
                        + (usage.quota() == null ? "the" : usage.quota()) + " requests, " + usage.days()
                        + " days are left in the month");
            }
            return pass(usage.isLimited() ? usage.remaining() + " requests left" : "no quota");
        } catch (RefusedException e) {
            return switch (e.reason()) {
                case KEY ->
                    Cause.EXCHANGE_RATES_KEY.found(
                            "Open Exchange Rates rejected the key",
                            "set exchange-rates.api-key to the App ID of your account; in production it is the field api_key of"
                                    + " the secret");
                case QUOTA -> usedUp("the quota is used up");
            };
        } catch (PermanentException | TransientException e) {
            return Cause.ofApi(
                    e,
                    Cause.EXCHANGE_RATES_UNREACHABLE,
                    Cause.EXCHANGE_RATES_UNREACHABLE,
                    "check exchange-rates.url, the network, proxy and firewall");
        }
    }

    private static Finding usedUp(String found) {
        return Cause.EXCHANGE_RATES_QUOTA.found(
                found, "wait for the next month, or upgrade the plan at openexchangerates.org");
    }
}
