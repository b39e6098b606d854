/**
 * How good predictions are: measures that are fed one decision at a time, defined as in
 * scikit-learn and SciPy.
 */
package io.github.jaubert.train.metrics;
