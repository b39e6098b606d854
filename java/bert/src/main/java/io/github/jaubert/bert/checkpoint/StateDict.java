package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * The named tensors of a checkpoint, what PyTorch calls a state dict. Opening one reads the names
 * and shapes; the values are read when they are asked for.
 */
public interface StateDict extends AutoCloseable {
  /**
   * Opens the weights of a Hugging Face folder: {@code model.safetensors} or the shards that its
   * index names, or else {@code pytorch_model.bin} or its shards.
   *
   * @throws CheckpointException if there are none or they cannot be read
   */
  static StateDict openFolder(Path folder) {
    for (WeightsFile kind : WeightsFile.values()) {
      Path single = folder.resolve(kind.fileName());
      if (Files.exists(single)) {
        return kind.open(single);
      }
      Path index = folder.resolve(kind.fileName() + ".index.json");
      if (Files.exists(index)) {
        return ShardedWeights.open(index, kind::open);
      }
    }
    if (!Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), Files.exists(folder) ? "is not a folder" : "no such folder");
    }
    throw new CheckpointException(
        folder.toString(),
        "holds neither model.safetensors nor pytorch_model.bin, whole or in shards with an index");
  }

  /** The names of all tensors, in the order of the file. */
  Set<String> names();

  /**
   * The shape of a tensor.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  Shape shape(String name);

  /**
   * The values of a tensor row by row as single precision; narrower and wider floating-point types
   * and integers are converted.
   *
   * @throws IllegalArgumentException if there is none of this name
   * @throws CheckpointException if the values cannot be read or have a type that has no conversion
   */
  float[] floats(String name);

  /** The file that holds a tensor, for messages: what was opened, unless that is a folder. */
  default String file(String name) {
    return source();
  }

  /** The file or folder that was opened, for messages. */
  String source();

  @Override
  void close();
}
