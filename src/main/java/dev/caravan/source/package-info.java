/** Sources: rows read from databases with their types. Knows nothing of pipelines and warehouses. */
package dev.caravan.source;
