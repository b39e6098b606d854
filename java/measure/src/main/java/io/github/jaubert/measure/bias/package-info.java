/** What a model has learned of the people it writes about. */
package io.github.jaubert.measure.bias;
