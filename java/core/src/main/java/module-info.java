/** Tensors, autograd, layers and optimizers on native kernels. */
module io.github.jaubert.core {
  requires org.bytedeco.javacpp;
  requires org.slf4j;

  exports io.github.jaubert.tensor;
  exports io.github.jaubert.autograd;
  exports io.github.jaubert.nn;
  exports io.github.jaubert.optim;
}
