package io.github.jaubert.bert.checkpoint;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where models come from that are named instead of lying in a folder. It is found by {@link
 * java.util.ServiceLoader}; jaubert-hub has one for Hugging Face's Hub. Without any, names are
 * refused, and no connection is ever opened.
 */
public interface ModelHub {
  /**
   * Sees to it that the files of a model are on this machine.
   *
   * @param name {@code OWNER/NAME} or {@code NAME}, with {@code @REVISION} behind it for another
   *     version than the newest
   * @param weights whether the weights are needed, or only config and tokenizer
   * @return the folder with them
   * @throws RuntimeException saying why, if it has no such model or cannot fetch it
   */
  Path fetch(String name, boolean weights);

  /**
   * The folder of a model whose weights are on this machine already; opens no connection.
   *
   * @return nothing if they are not
   */
  Optional<Path> cached(String name);
}
