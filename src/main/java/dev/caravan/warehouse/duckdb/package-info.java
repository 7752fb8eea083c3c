/** Loads into DuckDB: one file per database, opened only while it is read or written. */
package dev.caravan.warehouse.duckdb;
