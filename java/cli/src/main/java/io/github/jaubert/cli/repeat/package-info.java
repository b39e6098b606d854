/**
 * Several runs of {@code finetune}: by seeds, by folds, by settings; and what they have in common.
 */
package io.github.jaubert.cli.repeat;
