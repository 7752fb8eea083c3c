/** Database sources: the {@code jdbc:} component with exact types and streaming. Independent of pipelines and warehouses. */
package dev.caravan.source;
