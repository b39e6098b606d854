/** BERT encoders, what stands on them, and the batches they take. */
package io.github.jaubert.bert;
