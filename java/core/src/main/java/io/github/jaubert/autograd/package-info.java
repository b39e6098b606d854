/**
 * Gradients: switching them off, writing and checking operations with a backward of one's own, and
 * trading time for memory. Operations record themselves as they run; {@link
 * io.github.jaubert.tensor.Tensor#backward()} runs the record from its end.
 */
package io.github.jaubert.autograd;
