/** What Prometheus scrapes: runs, tables and quotas from the ledger, and this process. */
package dev.caravan.metrics;
