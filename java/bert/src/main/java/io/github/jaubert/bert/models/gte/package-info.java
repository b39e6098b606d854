/** GTE (Zhang et al. 2024, mGTE): BERT with rotary positions and gated layers. */
package io.github.jaubert.bert.models.gte;
