/** Batch data ingestion as Apache Camel routes. */
package dev.caravan;
