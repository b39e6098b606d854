/** Counts in bounded memory, and what is computed from counts. */
package io.github.jaubert.measure.statistics;
