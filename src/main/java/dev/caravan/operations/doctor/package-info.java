/** Why Caravan does not work: checks in an order such that the first one that fails is the cause. */
package dev.caravan.operations.doctor;
