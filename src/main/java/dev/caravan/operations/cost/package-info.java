/** The estimate of {@code caravan cost}. */
package dev.caravan.operations.cost;
