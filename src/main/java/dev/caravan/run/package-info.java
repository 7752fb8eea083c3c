/** What every part of a route may know about the run it works for. Depends on nothing else. */
package dev.caravan.run;
