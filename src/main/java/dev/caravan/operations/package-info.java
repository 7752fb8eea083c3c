/** Setting up, checking and explaining what Caravan works with. */
package dev.caravan.operations;
