package io.github.jaubert.train;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * Some examples in the Java heap: texts as packed tokens, and arrays of numbers, by name. {@link
 * Inputs} are the same as tensors. Arrays are not copied and must not change.
 *
 * <pre>{@code
 * Batch.of(tokens).with("labels", classes).with("features", numbers, rows.length, 12)
 * }</pre>
 */
public final class Batch {
  /** The name of the text that {@link #of(TokenBatch)} makes a batch of. */
  public static final String TEXT = "text";

  /**
   * An array of numbers.
   *
   * @param values an {@code int[]} or a {@code float[]}
   * @param padding what a recorded step puts behind them so that they have the size of its tensors;
   *     null: their number may not change
   * @param perToken whether there is one for each token of the first text
   */
  record Values(Object values, Shape shape, Integer padding, boolean perToken) {
    Values {
      int length = values instanceof int[] ints ? ints.length : ((float[]) values).length;
      if (length != shape.numel()) {
        throw new IllegalArgumentException(length + " values do not fill " + shape);
      }
    }

    Values padTo(int count) {
      if (padding == null || shape.size(0) == count) {
        return this;
      }
      int[] ints = (int[]) values;
      int[] padded = Arrays.copyOf(ints, count);
      Arrays.fill(padded, ints.length, count, padding);
      return new Values(padded, Shape.of(count), padding, perToken);
    }
  }

  private final int examples;
  private final Map<String, TokenBatch> texts = new LinkedHashMap<>();
  private final Map<String, Values> values = new LinkedHashMap<>();

  private Batch(int examples) {
    this.examples = examples;
  }

  /** A batch of so many examples that has nothing yet. */
  public static Batch of(int examples) {
    return new Batch(examples);
  }

  /** A batch of texts, called {@link #TEXT}: one of each example. */
  public static Batch of(TokenBatch text) {
    return of(text.count()).text(TEXT, text);
  }

  /**
   * Some examples as a batch.
   *
   * @param pass see {@link Examples#batch(int[], int)}
   * @throws IllegalStateException if it has another number of examples
   */
  static Batch of(Examples examples, int[] rows, int pass) {
    Batch batch = examples.batch(rows, pass);
    if (batch.examples() != rows.length) {
      throw new IllegalStateException(
          "examples: the batch of %d rows says that it has %d examples; Batch.of(rows.length) makes one"
              .formatted(rows.length, batch.examples()));
    }
    return batch;
  }

  /**
   * Adds texts.
   *
   * @return this
   * @throws IllegalArgumentException if the name is taken
   */
  public Batch text(String name, TokenBatch tokens) {
    requireFree(name);
    texts.put(name, tokens);
    return this;
  }

  /**
   * Adds 32-bit integers, such as class indices.
   *
   * @param shape nothing for {@code [values.length]}
   * @return this
   * @throws IllegalArgumentException if the name is taken, or the shape has another number of
   *     values
   */
  public Batch with(String name, int[] values, long... shape) {
    return put(
        name, values, shape.length == 0 ? Shape.of(values.length) : Shape.of(shape), null, false);
  }

  /** The same of 32-bit floats. */
  public Batch with(String name, float[] values, long... shape) {
    return put(
        name, values, shape.length == 0 ? Shape.of(values.length) : Shape.of(shape), null, false);
  }

  /**
   * Adds an integer for each token of the first text, {@code [tokens]}.
   *
   * @param padding the value of tokens of padding, which a recorded step may have
   * @return this
   * @throws IllegalArgumentException if the name is taken, or there are not as many values as
   *     tokens
   */
  public Batch withTokens(String name, int[] values, int padding) {
    if (texts.isEmpty() || values.length != first().tokens()) {
      throw new IllegalArgumentException(
          "batch: %d values of '%s' for %s"
              .formatted(values.length, name, texts.isEmpty() ? "no text" : first().toString()));
    }
    return put(name, values, Shape.of(values.length), padding, true);
  }

  /**
   * Adds integers whose number differs from batch to batch, such as the rows of masked tokens.
   *
   * @param padding what a recorded step puts behind them, which must change nothing
   * @return this
   * @throws IllegalArgumentException if the name is taken
   */
  public Batch withPadding(String name, int[] values, int padding) {
    return put(name, values, Shape.of(values.length), padding, false);
  }

  private Batch put(String name, Object array, Shape shape, Integer padding, boolean perToken) {
    requireFree(name);
    try {
      values.put(name, new Values(array, shape, padding, perToken));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("batch: '" + name + "': " + e.getMessage(), e);
    }
    return this;
  }

  private void requireFree(String name) {
    if (texts.containsKey(name) || values.containsKey(name)) {
      throw new IllegalArgumentException("batch: '" + name + "' is there already");
    }
  }

  /** How many examples it has. */
  public int examples() {
    return examples;
  }

  /** How many tokens all its texts have. */
  public int tokens() {
    return texts.values().stream().mapToInt(TokenBatch::tokens).sum();
  }

  /**
   * The texts of a name.
   *
   * @throws IllegalArgumentException if there are none
   */
  public TokenBatch text(String name) {
    return get(texts, name);
  }

  /**
   * Integers that were added.
   *
   * @throws IllegalArgumentException if there are none of the name
   */
  public int[] ints(String name) {
    if (get(values, name).values() instanceof int[] ints) {
      return ints;
    }
    throw new IllegalArgumentException("batch: '" + name + "' is of floats");
  }

  static <T> T get(Map<String, T> all, String name) {
    T found = all.get(name);
    if (found == null) {
      throw new IllegalArgumentException("batch: no '" + name + "' among " + all.keySet());
    }
    return found;
  }

  Map<String, TokenBatch> texts() {
    return texts;
  }

  Map<String, Values> values() {
    return values;
  }

  private TokenBatch first() {
    return texts.values().iterator().next();
  }

  // ---- recorded steps ----

  /**
   * The same with padding behind the texts, so that they have {@code size(tokens)}, and behind what
   * may be padded.
   */
  Batch padded(IntUnaryOperator size) {
    Batch padded = new Batch(examples);
    texts.forEach(
        (name, text) -> padded.texts.put(name, text.padTo(size.applyAsInt(text.tokens()))));
    values.forEach(
        (name, array) ->
            padded.values.put(
                name,
                array.padding() == null
                    ? array
                    : array.padTo(
                        array.perToken()
                            ? padded.first().tokens()
                            : size.applyAsInt((int) array.shape().size(0)))));
    return padded;
  }

  /** The sizes of all that it holds: batches with equal ones fit the same tensors. */
  String sizes() {
    StringBuilder sizes = new StringBuilder();
    texts.forEach(
        (name, text) -> sizes.append("%s %d/%d ".formatted(name, text.count(), text.tokens())));
    values.forEach((name, array) -> sizes.append(name).append(' ').append(array.shape()));
    return sizes.toString();
  }

  // ---- content ----

  /** Feeds all that it holds to a digest. */
  void digest(Consumer<ByteBuffer> digest) {
    for (TokenBatch text : texts.values()) {
      digest.accept(bytes(text.lengths().cuSeqlens()));
      digest.accept(bytes(text.inputIds()));
      digest.accept(bytes(text.tokenTypeIds()));
    }
    for (Values array : values.values()) {
      digest.accept(
          array.values() instanceof int[] ints ? bytes(ints) : bytes((float[]) array.values()));
    }
  }

  private static ByteBuffer bytes(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * (values.length + 1)).putInt(values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.flip();
  }

  private static ByteBuffer bytes(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bytes(bits);
  }
}
