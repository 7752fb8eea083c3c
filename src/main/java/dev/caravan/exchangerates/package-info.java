/** Open Exchange Rates: the API client, the files of daily rates, and the backfill. */
package dev.caravan.exchangerates;
