/** Cards that say what a model is, what it learnt from and what was measured of it. */
package io.github.jaubert.measure.card;
