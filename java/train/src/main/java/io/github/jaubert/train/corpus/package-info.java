/** Text to pre-train on: read, tokenised once, cut into sequences, masked. */
package io.github.jaubert.train.corpus;
