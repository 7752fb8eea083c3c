/** Rows and columns as they travel from a source to a warehouse. Depends on nothing else. */
package dev.caravan.data;
