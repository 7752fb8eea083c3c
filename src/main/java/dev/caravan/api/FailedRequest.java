package dev.caravan.api;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A request that got no usable answer.
 *
 * @param resource path and query below the address of the API, with a slash at the beginning
 * @param status of HTTP, or 0 if there was no complete answer
 * @param body of the answer, or a missing node if there was no JSON
 * @param failure what that means for any API; if there was no complete answer, its cause says why
 */
public record FailedRequest(String resource, int status, JsonNode body, RuntimeException failure) {}
