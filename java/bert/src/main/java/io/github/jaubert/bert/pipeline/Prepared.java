package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * What a pipeline was asked, as tokens: the model is still to run. {@link #run} runs it. Who
 * answers several callers, as a server does, may rather put the encodings of several into one
 * batch, which is faster:
 *
 * <pre>{@code
 * List<Encoding> batch = new ArrayList<>(one.encodings());
 * batch.addAll(other.encodings());
 * List<float[]> outputs = one.outputs(batch);
 * var answers = one.answers(outputs.subList(0, one.encodings().size()));
 * }</pre>
 *
 * <p>Immutable. Its pipeline must not be closed before it has its answers.
 *
 * @param <R> the answers
 */
public final class Prepared<R> {
  private final Pipeline<?, ?> pipeline;
  private final List<Encoding> encodings;
  private final Function<List<Encoding>, List<float[]>> model;
  private final Function<List<float[]>, R> answers;

  /**
   * @param model runs the model on a batch, and gives the output of each encoding by itself
   * @param answers makes answers of the outputs of all encodings
   */
  Prepared(
      Pipeline<?, ?> pipeline,
      List<Encoding> encodings,
      Function<List<Encoding>, List<float[]>> model,
      Function<List<float[]>, R> answers) {
    this.pipeline = pipeline;
    this.encodings = List.copyOf(encodings);
    this.model = model;
    this.answers = answers;
  }

  /** What the model is to read: one for each text, or several. */
  public List<Encoding> encodings() {
    return encodings;
  }

  /** The number of tokens of all encodings. */
  public int tokens() {
    return encodings.stream().mapToInt(Encoding::length).sum();
  }

  /** Whether encodings of both may be in one batch: if one pipeline prepared them. */
  public boolean fits(Prepared<?> other) {
    return pipeline == other.pipeline;
  }

  /**
   * Runs the model on one batch.
   *
   * @param batch encodings of this, or of others that {@linkplain #fits fit} it
   * @return what the model says of each
   */
  public List<float[]> outputs(List<Encoding> batch) {
    return model.apply(batch);
  }

  /**
   * The answers.
   *
   * @param outputs those of {@link #encodings}, in order
   */
  public R answers(List<float[]> outputs) {
    if (outputs.size() != encodings.size()) {
      throw new IllegalArgumentException(
          "%d outputs for %d encodings".formatted(outputs.size(), encodings.size()));
    }
    return answers.apply(outputs);
  }

  /**
   * Runs the model batch by batch, and gives the answers.
   *
   * @throws CancellationException if the thread is interrupted between two batches; its flag
   *     remains set
   */
  public R run() {
    return answers(pipeline.inBatches(encodings, model));
  }

  /** Cuts the output of a batch into those of its encodings, which are as wide as is said. */
  static List<float[]> split(float[] all, List<Encoding> batch, ToIntFunction<Encoding> width) {
    List<float[]> parts = new ArrayList<>();
    int from = 0;
    for (Encoding encoding : batch) {
      int to = from + width.applyAsInt(encoding);
      parts.add(Arrays.copyOfRange(all, from, to));
      from = to;
    }
    return parts;
  }
}
