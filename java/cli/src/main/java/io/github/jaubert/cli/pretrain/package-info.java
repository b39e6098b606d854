/** A run of {@code pretrain} for each objective. */
package io.github.jaubert.cli.pretrain;
