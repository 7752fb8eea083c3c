/** Rows and columns on their way from a source to a warehouse. Depends on nothing else. */
package dev.caravan.data;
