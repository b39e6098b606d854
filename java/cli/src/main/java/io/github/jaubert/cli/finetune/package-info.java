/** A run of {@code finetune} for each task: what is trained, how, and what is said of it. */
package io.github.jaubert.cli.finetune;
