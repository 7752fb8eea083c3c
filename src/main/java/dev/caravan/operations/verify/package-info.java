/** What {@code caravan verify} checks. */
package dev.caravan.operations.verify;
