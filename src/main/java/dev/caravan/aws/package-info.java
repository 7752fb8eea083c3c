/** Failures of AWS as messages, and S3 calls with a timeout. */
package dev.caravan.aws;
