/**
 * The services of the local profile: small servers in this process, on the loopback address, in place of the external
 * systems. Absent from the production image.
 */
package dev.caravan.local;
