/** Labelled text: read from files, checked, tokenised, and cut into packed batches. */
package io.github.jaubert.train.data;
