/** Nomic BERT (Nussbaum et al. 2024): BERT with rotary positions and gated layers, no biases. */
package io.github.jaubert.bert.models.nomic;
