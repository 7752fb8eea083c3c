/** Runs as traces of OpenTelemetry, if an exporter is configured. */
package dev.caravan.telemetry;
