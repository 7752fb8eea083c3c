package dev.caravan.run;

/**
 * How many requests an API still accepts.
 *
 * @param api the name of its bean
 * @param remaining the requests that are left until the API resets its quota
 * @param total the requests of a whole period, or null if the API does not say so
 */
public record Quota(String api, long remaining, Long total) {}
