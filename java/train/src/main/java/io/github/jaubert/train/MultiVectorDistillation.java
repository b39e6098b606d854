package io.github.jaubert.train;

import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultiVectorSettings;
import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.metrics.RetrievalMetrics;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Queries with passages and the scores that a teacher, such as a cross-encoder, gave them, for late
 * interaction: the softmax over a query's passages is to be that of the teacher (Santhanam et al.
 * 2022, "ColBERTv2"). The loss is the Kullback-Leibler divergence, as {@code
 * MultiVectorDistillKLDivLoss} of sentence-transformers has it.
 *
 * <pre>{@code
 * MultiVectorDistillation.of(model, tokenizer)
 *     .train(RankingDataset.read(train, TableFormat.JSONL, "query", "docs", "scores", null, true))
 * }</pre>
 *
 * <p>The batch size counts queries. It is judged by how high the passage that the teacher gives the
 * highest score ranks among those of its query.
 */
public final class MultiVectorDistillation
    extends HeadTask<MultiVectorDistillation, MultiVectorEncoder, RankingDataset> {
  private float temperature = 1;

  private MultiVectorDistillation(MultiVectorEncoder model, Tokenizer tokenizer) {
    super(model, tokenizer);
    maxLength(model.settings().documentLength());
  }

  /** The task of a model, see {@link MultiVectorTraining#of}. */
  public static MultiVectorDistillation of(MultiVectorEncoder model, Tokenizer tokenizer) {
    return new MultiVectorDistillation(model, tokenizer);
  }

  /** The data to be judged by. */
  public MultiVectorDistillation evaluate(RankingDataset data) {
    return judgeBy(data);
  }

  /**
   * What the scores of both are divided by, above 0; the loss is multiplied by its square. 1 unless
   * said otherwise.
   */
  public MultiVectorDistillation temperature(float divisor) {
    require(
        divisor > 0 && divisor < Float.POSITIVE_INFINITY,
        "temperature " + divisor + ": a finite number above 0");
    temperature = divisor;
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      RankingDataset train,
      RankingDataset evaluation,
      Tokenizer cutting,
      TrainingListener listener) {
    MultiVectorSettings settings = model().settings();
    model().settings(settings.withLengths(settings.queryLength(), maxLength()));
    try (MultiVectorTokens tokens = model().tokens(tokenizer())) {
      return new Prepared(
          examples(train, tokens, listener),
          evaluation == null ? null : new Judge(examples(evaluation, tokens, listener)));
    }
  }

  private static TaughtPassages examples(
      RankingDataset data, MultiVectorTokens tokens, TrainingListener listener) {
    for (int[] rows : data.queries()) {
      if (rows.length < 2) {
        throw new DataException(
            data.origin(),
            data.rows().get(rows[0]).line(),
            "its query has one passage: there is nothing that it is compared to");
      }
    }
    return new TaughtPassages(data, tokens, listener);
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    Tensor taught = table(inputs, inputs.get(TaughtPassages.SCORES)).logSoftmax(-1);
    Tensor own = table(inputs, scores(inputs)).logSoftmax(-1);
    return taught.exp().mul(taught.sub(own)).sum().mul(temperature * temperature / count);
  }

  /** The scores of a batch's passages with their queries, {@code [passages]}. */
  private Tensor scores(Inputs inputs) {
    return MultiVectorTraining.scores(model(), inputs)
        .flatten()
        .indexSelect(0, inputs.get(TaughtPassages.OWN));
  }

  /** Numbers of passages, over the temperature, as a table of the queries. */
  private Tensor table(Inputs inputs, Tensor numbers) {
    Tensor padding = inputs.get(TaughtPassages.PADDING);
    return numbers
        .div(temperature)
        .indexSelect(0, inputs.get(TaughtPassages.TABLE))
        .reshape(padding.shape().toArray())
        .add(padding);
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("temperature", temperature);
    return settings;
  }

  @Override
  public Map<String, String> identity() {
    return Map.of("reads", model().settings().toString());
  }

  /** Judges by the place of the passages with the highest score. */
  private final class Judge implements Evaluation {
    private final TaughtPassages examples;
    private RetrievalMetrics metrics;

    Judge(TaughtPassages examples) {
      this.examples = examples;
    }

    @Override
    public Examples examples() {
      return examples;
    }

    @Override
    public List<String> metrics() {
      return RetrievalMetrics.NAMES;
    }

    @Override
    public void reset() {
      metrics = new RetrievalMetrics();
    }

    @Override
    public void add(Inputs inputs, int[] numbers) {
      float[] scores = scores(inputs).toFloats();
      int at = 0;
      for (int number : numbers) {
        float[] taught = examples.scores(number);
        float[] given = new float[taught.length];
        System.arraycopy(scores, at, given, 0, given.length);
        at += given.length;
        float best = Float.NEGATIVE_INFINITY;
        for (float one : taught) {
          best = Math.max(best, one);
        }
        BitSet relevant = new BitSet();
        for (int i = 0; i < taught.length; i++) {
          relevant.set(i, taught[i] == best);
        }
        metrics.update(given, relevant);
      }
    }

    @Override
    public Map<String, Double> result() {
      return metrics.result();
    }
  }
}
