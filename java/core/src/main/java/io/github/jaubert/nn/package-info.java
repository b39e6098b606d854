/**
 * Building blocks of models: trees of named parameters ({@link io.github.jaubert.nn.Block}), the
 * common layers, and the functions behind them ({@link io.github.jaubert.nn.F}). Parameters are
 * named as in PyTorch, so that a checkpoint needs no table of names.
 */
package io.github.jaubert.nn;
