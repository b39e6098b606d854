/** The command {@code jaubert}: finetune, predict, doctor. */
package io.github.jaubert.cli;
