/**
 * The one implementation of a tensor, the regions that free tensors, and the tape of operations
 * that backward runs.
 */
package io.github.jaubert.internal.tape;
