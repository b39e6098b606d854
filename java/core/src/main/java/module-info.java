/** Tensors, autograd, layers and optimizers on native kernels. */
@SuppressWarnings("module") // jaubert-bert and -cuda depend on this module, and not it on them
module io.github.jaubert.core {
  requires org.bytedeco.javacpp;
  requires org.slf4j;

  exports io.github.jaubert.tensor;
  exports io.github.jaubert.autograd;
  exports io.github.jaubert.nn;
  exports io.github.jaubert.optim;
  exports io.github.jaubert.internal.binding to
      io.github.jaubert.bert,
      io.github.jaubert.cuda;
  exports io.github.jaubert.internal.binding.presets to
      io.github.jaubert.cuda;
  exports io.github.jaubert.internal.device to
      io.github.jaubert.cuda;

  uses io.github.jaubert.internal.device.DeviceProvider;
}
