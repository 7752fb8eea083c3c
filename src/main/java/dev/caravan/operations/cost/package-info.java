/** What {@code caravan cost} estimates. */
package dev.caravan.operations.cost;
