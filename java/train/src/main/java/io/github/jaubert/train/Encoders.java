package io.github.jaubert.train;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.nn.Block;
import java.util.LinkedHashMap;
import java.util.Map;

/** The encoders in a model. */
final class Encoders {
  private Encoders() {}

  /** All of them by what their parameters' names begin with, such as {@code bert.} */
  static Map<String, Encoder> in(Block model) {
    Map<String, Encoder> found = new LinkedHashMap<>();
    collect("", model, found);
    return found;
  }

  private static void collect(String prefix, Block block, Map<String, Encoder> found) {
    if (block instanceof Encoder encoder) {
      if (!found.containsValue(encoder)) {
        found.put(prefix, encoder);
      }
    } else {
      block.children().forEach((name, child) -> collect(prefix + name + ".", child, found));
    }
  }

  /** The only one. */
  static Encoder only(Block model) {
    Map<String, Encoder> found = in(model);
    if (found.size() != 1) {
      throw new IllegalStateException(
          found.isEmpty()
              ? "the model has no encoder"
              : "the model has several encoders, "
                  + found.keySet()
                  + ": the task's encoder(text) says which reads a text");
    }
    return found.values().iterator().next();
  }
}
