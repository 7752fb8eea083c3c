/** HTTP answers that are bounded in time and size, and end with the run that waits for them. */
package dev.caravan.http;
