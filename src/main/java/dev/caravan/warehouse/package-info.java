/**
 * The Camel component {@code warehouse:}: rows in, one committed load out. The algorithm of a load is here; what differs
 * between database products is behind {@link dev.caravan.warehouse.Engine} and {@link dev.caravan.warehouse.Dialect}.
 */
package dev.caravan.warehouse;
