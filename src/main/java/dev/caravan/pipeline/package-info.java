/** The Camel component {@code pipeline:}: routes that run from a schedule, are retried as a whole, and keep a ledger. */
package dev.caravan.pipeline;
