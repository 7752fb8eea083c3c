/** Snowpipe in production: waits until the files of a run have been loaded. */
package dev.caravan.snowpipe;
