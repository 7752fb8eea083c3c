package dev.caravan.alerts;

/**
 * What a rule has found.
 *
 * @param pipeline its name, or {@code *}
 * @param cause the name of the rule
 * @param run the run that it is about, or null
 * @param message what is wrong
 * @param fix what to do
 */
record Problem(String pipeline, String cause, String run, String message, String fix) {}
