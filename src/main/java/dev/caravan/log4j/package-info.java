/** Plugins of Log4j that connect it with the log of runs; {@code log4j2.properties} names them. */
package dev.caravan.log4j;
