/** Diagnosis: checks in dependency order, so that the first failure is the cause. */
package dev.caravan.operations.doctor;
