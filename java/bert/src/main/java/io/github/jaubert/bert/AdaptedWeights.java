package io.github.jaubert.bert;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a base model with what an adapter changes of them: the product of A and B is added
 * when a weight is read, and parameters that the adapter holds whole take the place of the base's.
 */
final class AdaptedWeights implements StateDict {
  private final StateDict base;
  private final LoraFolder adapter;
  private final Set<String> names;

  /** What the adapter has for a tensor, by the name that this one has for it. */
  private final Map<String, String> changed = new HashMap<>();

  private final Map<String, String> replaced = new HashMap<>();

  /** Both belong to this one from now on, unless it throws {@link CheckpointException}. */
  AdaptedWeights(StateDict base, LoraFolder adapter, Architecture architecture) {
    this.base = base;
    this.adapter = adapter;
    names = new LinkedHashSet<>(base.names());
    Map<String, String> plain = new HashMap<>();
    base.names().forEach(name -> plain.put(CheckpointLoader.plainName(architecture, name), name));
    adapter
        .layers()
        .forEach(
            (layer, there) -> {
              String name = plain.get(CheckpointLoader.plainName(architecture, layer + ".weight"));
              if (name == null || !base.shape(name).equals(adapter.changed(there))) {
                throw new CheckpointException(
                    adapter.source(),
                    "changes '%s' %s, but that of the base model %s is %s"
                        .formatted(
                            layer,
                            adapter.changed(there),
                            base.source(),
                            name == null ? "missing" : base.shape(name)));
              }
              changed.put(name, there);
            });
    adapter
        .modules()
        .forEach(
            (module, there) -> {
              String name =
                  plain.getOrDefault(CheckpointLoader.plainName(architecture, module), module);
              names.add(name);
              replaced.put(name, there);
            });
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public Shape shape(String name) {
    return replaced.containsKey(name) ? adapter.shape(replaced.get(name)) : base.shape(name);
  }

  @Override
  public float[] floats(String name) {
    if (replaced.containsKey(name)) {
      return adapter.floats(replaced.get(name));
    }
    float[] values = base.floats(name);
    if (!changed.containsKey(name)) {
      return values;
    }
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      Tensor weight = Tensor.of(values, base.shape(name).toArray());
      return weight.add(adapter.change(changed.get(name))).toFloats();
    }
  }

  @Override
  public String file(String name) {
    return replaced.containsKey(name) ? adapter.source() : base.file(name);
  }

  @Override
  public String source() {
    return base.source();
  }

  @Override
  public void close() {
    adapter.close();
    base.close();
  }
}
