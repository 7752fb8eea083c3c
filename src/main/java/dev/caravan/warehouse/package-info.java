/**
 * The Camel component {@code warehouse:}: rows in, one committed load out. The algorithm of a load is here, once; what
 * a database product does its own way is behind {@link dev.caravan.warehouse.Engine}.
 */
package dev.caravan.warehouse;
