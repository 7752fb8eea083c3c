/** Open Exchange Rates: the client of its API, and what becomes of its answers. */
package dev.caravan.exchangerates;
