/**
 * Optimizers over groups of parameters, and the course of the learning rate over a training run.
 */
package io.github.jaubert.optim;
