/** The console: pages and their JSON over HTTP, for people who operate pipelines. Only {@code caravan serve} starts it. */
package dev.caravan.console;
