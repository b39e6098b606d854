package io.github.jaubert.peers;

import org.bytedeco.pytorch.global.torch;

/** Which PyTorch this is. */
final class Library {
  private Library() {}

  /** With the version of the jar, whose first part is libtorch's. */
  static String name() {
    String jar = torch.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return "Bytedeco PyTorch " + jar.replaceAll(".*pytorch-|\\.jar$", "");
  }
}
