/** What other engines need to run pipelines: the objects of Kubernetes. */
package dev.caravan.operations.manifest;
