/** The component {@code hubspot:}: objects of HubSpot's CRM as typed rows. */
package dev.caravan.hubspot;
