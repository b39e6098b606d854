package io.github.jaubert.train;

import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A {@link Batch} as a model reads it: tensors on its device, by the same names. A recorded step
 * reads the same tensors at every replay, with the values of another batch in them.
 */
public final class Inputs implements AutoCloseable {
  private final Map<String, TokenInputs> texts = new LinkedHashMap<>();
  private final Map<String, Tensor> values = new LinkedHashMap<>();

  private final int examples;

  /** Belong to the innermost open scope. */
  Inputs(Task task, Batch batch) {
    examples = batch.examples();
    Device device = task.model().parameters().get(0).tensor().device();
    batch.texts().forEach((name, text) -> texts.put(name, task.encoder(name).inputs(text)));
    batch.values().forEach((name, array) -> values.put(name, tensor(array).to(device)));
  }

  private static Tensor tensor(Batch.Values array) {
    return array.values() instanceof int[] ints
        ? Tensor.of(ints).reshape(array.shape().toArray())
        : Tensor.of((float[]) array.values(), array.shape().toArray());
  }

  /** The texts called {@link Batch#TEXT}. */
  public TokenInputs text() {
    return text(Batch.TEXT);
  }

  /**
   * Texts by name.
   *
   * @throws IllegalArgumentException if there are none
   */
  public TokenInputs text(String name) {
    return Batch.get(texts, name);
  }

  /**
   * Numbers by name, I32 or F32, in the shape they were given.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Tensor get(String name) {
    return Batch.get(values, name);
  }

  /** All texts in the order in which the batch has them. */
  public Collection<TokenInputs> texts() {
    return Collections.unmodifiableCollection(texts.values());
  }

  /** The names of all texts in the order in which the batch has them. */
  public Set<String> names() {
    return Collections.unmodifiableSet(texts.keySet());
  }

  /** Whether there are numbers of a name. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** How many examples the batch has. */
  public int examples() {
    return examples;
  }

  /** Where the sequences of each text lie. */
  Map<String, PackedSequences> lengths() {
    Map<String, PackedSequences> lengths = new LinkedHashMap<>();
    texts.forEach((name, text) -> lengths.put(name, text.lengths()));
    return lengths;
  }

  /** Overwrites all tensors with the values of a batch of the same sizes. */
  void set(Batch batch) {
    texts.forEach((name, text) -> text.set(batch.text(name)));
    values.forEach(
        (name, tensor) -> {
          if (batch.values().get(name).values() instanceof int[] ints) {
            tensor.copyFrom(ints);
          } else {
            tensor.copyFrom((float[]) batch.values().get(name).values());
          }
        });
  }

  /** Takes all tensors out of their scope; the caller closes this. */
  Inputs unscoped() {
    texts.values().forEach(TokenInputs::unscoped);
    values.values().forEach(Tensor::unscoped);
    return this;
  }

  /** Frees the tensors. */
  @Override
  public void close() {
    texts.values().forEach(TokenInputs::close);
    values.values().forEach(Tensor::close);
  }
}
