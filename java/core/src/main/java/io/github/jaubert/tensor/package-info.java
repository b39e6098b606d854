/**
 * Tensors, the scopes that free them, the devices they live on, and the random numbers that fill
 * them.
 */
package io.github.jaubert.tensor;
