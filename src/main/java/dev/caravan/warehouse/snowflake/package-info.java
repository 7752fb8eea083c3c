/** Loads into Snowflake, through its official JDBC driver. */
package dev.caravan.warehouse.snowflake;
