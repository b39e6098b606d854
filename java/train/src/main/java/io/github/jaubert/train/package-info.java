/** Fine-tuning: the trainer, its checkpoints, and what it reports while it runs. */
package io.github.jaubert.train;
