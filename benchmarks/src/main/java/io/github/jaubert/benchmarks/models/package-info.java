/**
 * Measuring programs of whole models: training steps, training and inference on real text, growth
 * with the size of the work, and whether we learn what a peer learns.
 */
package io.github.jaubert.benchmarks.models;
