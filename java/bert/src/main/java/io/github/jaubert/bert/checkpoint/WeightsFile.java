package io.github.jaubert.bert.checkpoint;

import java.nio.file.Path;
import java.util.function.Function;

/** The formats in which a Hugging Face folder holds weights; one that comes first is preferred. */
enum WeightsFile {
  SAFETENSORS("model.safetensors", SafeTensors::open),
  PYTORCH("pytorch_model.bin", PyTorchFile::open);

  private final String fileName;
  private final Function<Path, StateDict> opener;

  WeightsFile(String fileName, Function<Path, StateDict> opener) {
    this.fileName = fileName;
    this.opener = opener;
  }

  /** What the file is called if there is one only. */
  String fileName() {
    return fileName;
  }

  /** Opens a file, of whatever name. */
  StateDict open(Path file) {
    return opener.apply(file);
  }
}
