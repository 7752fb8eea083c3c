/** Camel's HTTP component with limits on the duration and size of responses. */
package dev.caravan.http;
