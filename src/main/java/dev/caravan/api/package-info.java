/** The component {@code api:}: the pages of a REST API as one stream of rows. */
package dev.caravan.api;
