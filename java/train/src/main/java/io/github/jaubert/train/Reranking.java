package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.ScoreActivation;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.metrics.RankingMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queries with passages, and how well a passage answers its query, which a cross-encoder is to say:
 * a {@link SequenceClassifier} with one output that reads both at once (Nogueira and Cho 2019).
 *
 * <pre>{@code
 * SequenceClassifier model = SequenceClassifier.fromPretrained(dir, Labels.score());
 * Reranking.of(model, tokenizer, RankingLoss.binaryCrossEntropy())
 *     .train(RankingDataset.read(train, TableFormat.TSV, "query", "passage", "label", null, true))
 *     .evaluate(RankingDataset.read(dev, TableFormat.TSV, "query", "passage", "label", null, true))
 * }</pre>
 *
 * <p>It is judged by {@link RankingMetrics}, or where no query has two passages by Spearman's and
 * Pearson's correlation. The batch size counts passages or, of a loss that compares the passages of
 * a query, queries; all passages of a query are then in one batch.
 */
public final class Reranking extends HeadTask<Reranking, SequenceClassifier, RankingDataset> {
  private static final Logger LOG = LoggerFactory.getLogger(Reranking.class);
  private static final int LISTED = 3;
  private static final int SHOWN = 40;

  private final RankingLoss loss;
  private int first = 10;
  private float relevant;
  private int most; // 0: all

  private Reranking(SequenceClassifier model, Tokenizer tokenizer, RankingLoss loss) {
    super(model, tokenizer);
    this.loss = Objects.requireNonNull(loss, "loss");
    require(
        model.labels().size() == 1,
        "a model with %d outputs, %s: a cross-encoder has one, the score"
            .formatted(model.labels().size(), model.labels()));
  }

  /**
   * The task of a model, which becomes a cross-encoder whose scores are made as the loss has it;
   * texts are tokenised by {@code tokenizer}.
   *
   * @throws IllegalArgumentException if the model has not one output
   */
  public static Reranking of(SequenceClassifier model, Tokenizer tokenizer, RankingLoss loss) {
    return new Reranking(model, tokenizer, loss);
  }

  /** The data to be judged by. Queries without a relevant passage are left out, with a warning. */
  public Reranking evaluate(RankingDataset data) {
    return judgeBy(data);
  }

  /** How many of the best passages NDCG and MRR look at, from 1; 10 unless said otherwise. */
  public Reranking first(int passages) {
    require(passages > 0, "first " + passages + ": a whole number from 1");
    first = passages;
    return this;
  }

  /**
   * A passage is relevant, for MRR and MAP, if its score in the data is above this; 0 unless said
   * otherwise.
   */
  public Reranking relevantAbove(float score) {
    require(Float.isFinite(score), "relevantAbove " + score + ": a finite number");
    relevant = score;
    return this;
  }

  /**
   * The most passages of a query that a loss which compares them reads at once, from 2: one of
   * those with the highest score and others with lower ones, drawn anew in each pass over the data.
   * 0, as it is unless said otherwise, for all.
   */
  public Reranking mostPassages(int passages) {
    require(
        passages == 0 || passages > 1,
        "mostPassages " + passages + ": a whole number from 2, or 0");
    most = passages;
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      RankingDataset train,
      RankingDataset evaluation,
      Tokenizer cutting,
      TrainingListener listener) {
    checkScores(train);
    Evaluation judge = null;
    RankingBatches learnt = examples(train, cutting, listener);
    if (evaluation != null) {
      judge = judge(evaluation, cutting, listener);
    }
    model().trainedOnPairs(true).crossEncoder(loss.activation());
    return new Prepared(learnt, judge);
  }

  private void checkScores(RankingDataset data) {
    float same = data.rows().get(0).score();
    if (data.rows().stream().allMatch(row -> row.score() == same)) {
      throw new DataException(
          data.source(),
          "every passage has the score " + same + ": there is nothing to tell apart");
    }
    if (loss.over() == RankingLoss.Over.PASSAGES && loss.activation() == ScoreActivation.SIGMOID) {
      for (RankingDataset.Row row : data.rows()) {
        if (row.score() < 0 || row.score() > 1) {
          throw new DataException(
              data.origin(),
              row.line(),
              "score %s: the loss %s takes those from 0 to 1; divideScores(…) brings them there"
                  .formatted(row.score(), loss.name()));
        }
      }
    }
  }

  private RankingBatches examples(
      RankingDataset data, Tokenizer cutting, TrainingListener listener) {
    if (loss.over() == RankingLoss.Over.PASSAGES) {
      return RankingBatches.ofRows(data, encode(data, cutting, listener));
    }
    List<int[]> told = new ArrayList<>(); // queries of which there is something to learn
    List<int[]> others = new ArrayList<>();
    for (int[] rows : data.queries()) {
      float[] scores = scores(data, rows);
      boolean differ = IntStream.range(0, scores.length).anyMatch(i -> scores[i] != scores[0]);
      (differ ? told : others).add(rows);
    }
    if (told.isEmpty()) {
      throw new DataException(
          data.source(),
          "no query has two passages with different scores, which the loss %s compares"
              .formatted(loss.name()));
    }
    leaveOut(data, others, "have no passages with different scores");
    return new RankingBatches(data, encode(data, cutting, listener), loss.over(), told, most);
  }

  private Evaluation judge(RankingDataset data, Tokenizer cutting, TrainingListener listener) {
    EncodedDataset encoded = encode(data, cutting, listener);
    RankingBatches examples = RankingBatches.ofRows(data, encoded);
    if (data.queries().size() == data.size()) {
      return new RankingEvaluation(this, data, examples, null, List.of());
    }
    RankingMetrics metrics = new RankingMetrics(first, relevant);
    List<int[]> judged = new ArrayList<>();
    List<int[]> others = new ArrayList<>();
    for (int[] rows : data.queries()) {
      boolean any = false;
      for (float score : scores(data, rows)) {
        any |= metrics.isRelevant(score);
      }
      (any ? judged : others).add(rows);
    }
    if (judged.isEmpty()) {
      throw new DataException(
          data.source(), "no query has a relevant passage, one with a score above " + relevant);
    }
    leaveOut(data, others, "have no relevant passage, with a score above " + relevant + ",");
    return new RankingEvaluation(this, data, examples, metrics, judged);
  }

  private static float[] scores(RankingDataset data, int[] rows) {
    float[] scores = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      scores[i] = data.rows().get(rows[i]).score();
    }
    return scores;
  }

  /** Names queries that do not count. */
  private static void leaveOut(RankingDataset data, List<int[]> queries, String why) {
    if (!queries.isEmpty()) {
      LOG.warn(
          "{}: {} of {} queries {} and are left out: {}{}",
          data.source(),
          queries.size(),
          data.queries().size(),
          why,
          String.join(
              ", ",
              queries.stream()
                  .limit(LISTED)
                  .map(rows -> data.rows().get(rows[0]))
                  .map(row -> "'" + shortened(row.query()) + "'")
                  .toList()),
          queries.size() > LISTED ? ", …" : "");
    }
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  private EncodedDataset encode(RankingDataset data, Tokenizer cutting, TrainingListener listener) {
    List<String> queries = data.rows().stream().map(RankingDataset.Row::query).toList();
    List<String> passages = data.rows().stream().map(RankingDataset.Row::passage).toList();
    DataChecks.refuseBlank(data.source(), "query", queries);
    DataChecks.refuseBlank(data.source(), "passage", passages);
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    EncodedDataset encoded = EncodedDataset.of(queries, passages, cutting, progress);
    progress.done();
    EncoderConfig config = model().config();
    DataChecks.tokens(data.source(), encoded, cutting, config.maxPositionEmbeddings());
    DataChecks.embeddings(
        data.origin(), row -> data.rows().get(row).line(), encoded, cutting, config);
    int most = data.queries().stream().mapToInt(rows -> rows.length).max().orElseThrow();
    LOG.info(
        "{}: {} passages of {} queries, at most {} of one",
        data.source(),
        data.size(),
        data.queries().size(),
        most);
    return encoded;
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return loss.of(
        new RankingLoss.Passages(
            model().forward(inputs.text()).flatten(),
            inputs.get(RankingBatches.SCORES),
            tensor(inputs, RankingBatches.HIGHER),
            tensor(inputs, RankingBatches.LOWER),
            tensor(inputs, RankingBatches.ROWS),
            tensor(inputs, RankingBatches.PADDING)),
        count);
  }

  private static Tensor tensor(Inputs inputs, String name) {
    return inputs.has(name) ? inputs.get(name) : null;
  }

  @Override
  public float count(Batch batch) {
    return loss.over() == RankingLoss.Over.PAIRS
        ? batch.ints(RankingBatches.HIGHER).length
        : batch.examples();
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("loss", loss.name());
    settings.put("first", first);
    settings.put("relevant_above", relevant);
    settings.put("most_passages", most);
    return settings;
  }
}
