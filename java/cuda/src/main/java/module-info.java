/** The GPU backend, which core finds as a service. */
module io.github.jaubert.cuda {
  requires io.github.jaubert.core;
  requires org.bytedeco.cuda;
  requires org.bytedeco.cuda.linux.x86_64; // the library behind it, which it does not name
  requires org.bytedeco.javacpp;

  provides io.github.jaubert.internal.device.DeviceProvider with
      io.github.jaubert.cuda.CudaProvider;
}
