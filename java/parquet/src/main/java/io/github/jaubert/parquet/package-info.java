/** Reads data sets in Parquet, as {@link io.github.jaubert.train.data.RowSource}. */
package io.github.jaubert.parquet;
