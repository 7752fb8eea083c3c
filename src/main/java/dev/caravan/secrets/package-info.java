/** Secrets that settings refer to: the property function {@code {{aws:SECRET#FIELD}}}. */
package dev.caravan.secrets;
