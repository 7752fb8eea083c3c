/** The stand-ins of the local profile: real servers on loopback, started when first needed. Absent in production. */
package dev.caravan.local;
