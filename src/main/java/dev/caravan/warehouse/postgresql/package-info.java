/** PostgreSQL as the warehouse: one database, which the tables of all schemas share. */
package dev.caravan.warehouse.postgresql;
