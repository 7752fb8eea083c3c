/** Route files and settings files: finds and checks them, and reports mistakes with file and line. */
package dev.caravan.routes;
