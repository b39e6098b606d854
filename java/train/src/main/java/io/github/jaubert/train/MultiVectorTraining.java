package io.github.jaubert.train;

import io.github.jaubert.bert.MaxSim;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultiVectorSettings;
import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.Map;

/**
 * Queries and documents that answer them, and perhaps such that do not, for late interaction: of
 * all documents of a batch a query has to find its own, by {@link MaxSim} (Khattab and Zaharia
 * 2020, "ColBERT"). The loss is the cross-entropy of the scores divided by a temperature, as {@code
 * MultiVectorMultipleNegativesRankingLoss} of sentence-transformers and {@code Contrastive} of
 * PyLate have it.
 *
 * <pre>{@code
 * MultiVectorEncoder model =
 *     MultiVectorEncoder.of(Encoder.fromPretrained(dir), tokenizer, MultiVectorEncoder.DIMENSIONS);
 * MultiVectorTraining.of(model, tokenizer)
 *     .train(EmbeddingDataset.read(train, TableFormat.TSV, List.of("query", "answer"), null, true))
 *     .evaluate(EmbeddingDataset.read(dev, TableFormat.TSV, List.of("query", "answer"), null, true))
 * }</pre>
 *
 * <p>It is judged by how well a query finds its documents among those of all rows. {@link
 * #maxLength} is that of documents, unless said otherwise what the model's settings have; that of
 * queries is theirs always.
 */
public final class MultiVectorTraining
    extends HeadTask<MultiVectorTraining, MultiVectorEncoder, EmbeddingDataset> {
  private float temperature = 1;
  private boolean duplicates;

  private MultiVectorTraining(MultiVectorEncoder model, Tokenizer tokenizer) {
    super(model, tokenizer);
    maxLength(model.settings().documentLength());
  }

  /**
   * The task of a model; texts are tokenised by {@code tokenizer}, with the settings that the model
   * has.
   */
  public static MultiVectorTraining of(MultiVectorEncoder model, Tokenizer tokenizer) {
    return new MultiVectorTraining(model, tokenizer);
  }

  /** The data to be judged by. */
  public MultiVectorTraining evaluate(EmbeddingDataset data) {
    return judgeBy(data);
  }

  /** What scores are divided by, above 0; 1 unless said otherwise. */
  public MultiVectorTraining temperature(float divisor) {
    require(
        divisor > 0 && divisor < Float.POSITIVE_INFINITY,
        "temperature " + divisor + ": a finite number above 0");
    temperature = divisor;
    return this;
  }

  /** Whether a batch may have a text twice, see {@link EmbeddingTraining#duplicates}. */
  public MultiVectorTraining duplicates(boolean allowed) {
    duplicates = allowed;
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      EmbeddingDataset train,
      EmbeddingDataset evaluation,
      Tokenizer cutting,
      TrainingListener listener) {
    if (train.hasScores()) {
      throw new DataException(
          train.source(),
          "all rows are taken for such that belong together, and these have scores");
    }
    MultiVectorSettings settings = model().settings();
    model().settings(settings.withLengths(settings.queryLength(), maxLength()));
    try (MultiVectorTokens tokens = model().tokens(tokenizer())) {
      return new Prepared(
          new MultiVectorBatches(train, tokens, listener, true, duplicates),
          evaluation == null
              ? null
              : new MultiVectorEvaluation(
                  this, new MultiVectorBatches(evaluation, tokens, listener, false, true), tokens));
    }
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return F.crossEntropy(
        scores(model(), inputs).div(temperature).add(inputs.get(EqualTexts.NEGATIVES)),
        inputs.get(EqualTexts.POSITIVES),
        CrossEntropyOptions.defaults().withNormalizer(count));
  }

  /** The scores of all queries of a batch with all of its documents. */
  static Tensor scores(MultiVectorEncoder model, Inputs inputs) {
    TokenInputs queries = inputs.text(MultiVectorBatches.QUERIES);
    return MaxSim.scores(
        model.queries(queries),
        queries.lengths(),
        inputs.get(MultiVectorBatches.COUNTS),
        model.forward(inputs.text(MultiVectorBatches.DOCUMENTS)),
        inputs.get(MultiVectorBatches.ROWS));
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("temperature", temperature);
    settings.put("duplicates", duplicates);
    return settings;
  }

  @Override
  public Map<String, String> identity() {
    return Map.of("reads", model().settings().toString());
  }
}
