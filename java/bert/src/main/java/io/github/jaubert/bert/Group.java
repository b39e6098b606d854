package io.github.jaubert.bert;

import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.Tensor;

/** A block that only gives names to others, such as {@code cls.predictions} around BERT's head. */
final class Group extends Block {
  /**
   * Adds a block under a path such as {@code cls.predictions.transform}, whose groups are made as
   * needed.
   *
   * @return {@code child}
   */
  <B extends Block> B put(String path, B child) {
    return around(path).add(last(path), child);
  }

  /** The same of a parameter. */
  Tensor put(String path, Tensor value) {
    return around(path).parameter(last(path), value);
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private Group around(String path) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      return this;
    }
    String name = path.substring(0, dot);
    Group group = (Group) children().get(name);
    return (group == null ? add(name, new Group()) : group).around(path.substring(dot + 1));
  }
}
