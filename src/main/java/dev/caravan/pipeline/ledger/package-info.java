/** The ledger: what ran, what runs, and who may say so. SQLite or PostgreSQL. */
package dev.caravan.pipeline.ledger;
