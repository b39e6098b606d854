/** The command {@code jaubert}: finetune, predict, fill-mask, doctor. */
package io.github.jaubert.cli;
