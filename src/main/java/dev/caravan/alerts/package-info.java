/** Finds what needs attention in the ledger, and tells people about each incident once. */
package dev.caravan.alerts;
