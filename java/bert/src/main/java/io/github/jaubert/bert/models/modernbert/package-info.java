/** ModernBERT (Warner et al. 2024): rotary positions, gated layers, attention to neighbours. */
package io.github.jaubert.bert.models.modernbert;
