/** Route files: what is read, what Camel makes of it, and where a mistake was written. */
package dev.caravan.routes;
