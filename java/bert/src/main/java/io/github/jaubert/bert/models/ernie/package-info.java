/** ERNIE (Sun et al. 2019, 2020, 2021): BERT whose embeddings may have one more, of a task. */
package io.github.jaubert.bert.models.ernie;
