/** What every conversation with AWS has in common. */
package dev.caravan.aws;
