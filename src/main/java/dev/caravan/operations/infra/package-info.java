/** The resources of production in Snowflake and AWS: their desired state, diffs and changes. */
package dev.caravan.operations.infra;
