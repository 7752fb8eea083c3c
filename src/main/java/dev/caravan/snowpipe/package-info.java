/** Snowpipe in production: whether the files that were written have become rows. */
package dev.caravan.snowpipe;
