/** Tells OpenLineage what runs read and load, if its URL is set. */
package dev.caravan.lineage;
