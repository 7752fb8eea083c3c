/**
 * The stand-ins of the local profile: small servers that do the job of the systems outside, in this process and on the
 * loopback address. Absent from the production image.
 */
package dev.caravan.local;
