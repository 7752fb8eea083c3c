/** What production needs in Snowflake and in AWS, compared with what is there. */
package dev.caravan.operations.infra;
