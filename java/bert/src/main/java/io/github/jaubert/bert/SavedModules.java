package io.github.jaubert.bert;

import io.github.jaubert.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The parameters that adapters train as they are, such as those of a head: each adapter has values
 * of its own for them, and the model those of the one that is active, or else those that it had
 * before any was.
 */
final class SavedModules {
  private final Map<String, Map<String, Tensor>> tensors = new HashMap<>();
  private final Map<String, Map<String, float[]>> values = new HashMap<>();
  private Map<String, float[]> before = Map.of(); // of the parameters of the one that is active
  private String active; // null: none

  /**
   * Adds an adapter, which begins with the values that the model has; none is active.
   *
   * @param parameters of the model, by name
   */
  void put(String adapter, Map<String, Tensor> parameters) {
    tensors.put(adapter, new LinkedHashMap<>(parameters));
    values.put(adapter, read(parameters));
  }

  void delete(String adapter) {
    tensors.remove(adapter);
    values.remove(adapter);
  }

  /** The parameters of the model that are an adapter's, by name. */
  Map<String, Tensor> of(String adapter) {
    return tensors.getOrDefault(adapter, Map.of());
  }

  /** Gives the model the values of an adapter; null for those from before. */
  void activate(String adapter) {
    if (active != null) {
      values.put(active, read(of(active)));
      write(before, of(active));
    }
    active = adapter;
    before = read(of(adapter));
    if (adapter != null) {
      write(values.get(adapter), of(adapter));
    }
  }

  private static Map<String, float[]> read(Map<String, Tensor> from) {
    Map<String, float[]> read = new HashMap<>();
    from.forEach((name, tensor) -> read.put(name, tensor.toFloats()));
    return read;
  }

  private static void write(Map<String, float[]> values, Map<String, Tensor> to) {
    to.forEach((name, tensor) -> tensor.copyFrom(values.get(name)));
  }
}
