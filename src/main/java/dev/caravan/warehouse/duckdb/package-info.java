/** Loads into DuckDB: one file per database, opened for a moment and let go. */
package dev.caravan.warehouse.duckdb;
