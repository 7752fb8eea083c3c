/** Set-up, checks, diagnosis and cost estimates of an installation. */
package dev.caravan.operations;
