package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Batches;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Learns to label texts from a few examples of each label (Tunstall et al. 2022, "Efficient
 * Few-Shot Learning Without Prompts", arXiv:2209.11055). First an encoder of sentences learns which
 * of the examples have the same label, from pairs of them; then a logistic regression of its
 * vectors learns the labels.
 *
 * <pre>{@code
 * SetFit few = SetFit.of(encoder, tokenizer, labels).train(data.sampleEach(8, seed));
 * Trainer.of(few.contrastive()).with(s -> s.epochs(1).batchSize(16)).run();
 * SentenceClassifier model = few.fitHead();
 * model.save(out);
 * }</pre>
 *
 * <p>Mutable, for one thread. It does not own the tokenizer; the encoder belongs to the classifier
 * that comes of it.
 */
public final class SetFit {
  private static final int BATCH_TOKENS = 4096;

  /** How many pairs with a common label are learnt from, and how many without. */
  public enum Sampling {
    /** Every pair at least once, and as many of both kinds: those of the rarer one more often. */
    OVERSAMPLING,
    /** As many of both kinds, and none twice: some of the commoner one are left out. */
    UNDERSAMPLING,
    /** Every pair once. */
    UNIQUE
  }

  private final SentenceEncoder encoder;
  private final Tokenizer tokenizer;
  private final Labels labels;
  private TextDataset train;
  private Sampling sampling = Sampling.OVERSAMPLING;
  private long seed = 42;
  private int maxLength = 128;
  private double c = 1;

  private SetFit(SentenceEncoder encoder, Tokenizer tokenizer, Labels labels) {
    this.encoder = Objects.requireNonNull(encoder, "encoder");
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
    this.labels = labels;
  }

  /**
   * Of an encoder that makes vectors of sentences already, and a tokenizer of its own.
   *
   * @throws IllegalArgumentException if the labels are a score
   */
  public static SetFit of(SentenceEncoder encoder, Tokenizer tokenizer, Labels labels) {
    HeadTask.require(
        labels.problemType() != ProblemType.REGRESSION,
        "SetFit: the labels are " + labels + ", a score");
    return new SetFit(encoder, tokenizer, labels);
  }

  // ---- what is learnt ----

  /**
   * The examples, a few of each label; at most 1,000.
   *
   * @throws DataException if one is a pair of texts, or its label is not known
   */
  public SetFit train(TextDataset data) {
    check(data);
    Targets.of(data, labels);
    train = data;
    return this;
  }

  private static void check(TextDataset data) {
    for (Example row : data.rows()) {
      if (row.secondText() != null) {
        throw new DataException(
            data.origin(), row.line(), "is a pair of texts; SetFit labels single ones");
      }
    }
  }

  /** Which pairs are learnt from; {@link Sampling#OVERSAMPLING} unless said otherwise. */
  public SetFit sampling(Sampling sampling) {
    this.sampling = Objects.requireNonNull(sampling, "sampling");
    return this;
  }

  /** The seed of the pairs and their order; 42 unless said otherwise. */
  public SetFit seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** The number of tokens that a text is cut to, from 3; 128 unless said otherwise. */
  public SetFit maxLength(int tokens) {
    HeadTask.require(tokens > 2, "maxLength " + tokens + ": a whole number from 3");
    maxLength = tokens;
    return this;
  }

  /** How much the examples count in the head beside its weights; 1 unless said otherwise. */
  public SetFit headC(double c) {
    HeadTask.require(c > 0 && c < Double.POSITIVE_INFINITY, "headC " + c + ": above 0, finite");
    this.c = c;
    return this;
  }

  // ---- learning ----

  /**
   * The first part, a task of a {@link Trainer}: the cosine of the vectors of two examples is to be
   * 1 if they have a label in common, and 0 if not.
   *
   * @throws DataException if there are too many examples, or all have a label in common
   */
  public EmbeddingTraining contrastive() {
    return EmbeddingTraining.of(encoder, tokenizer, EmbeddingLoss.cosineSimilarity())
        .train(ContrastivePairs.of(train(), sampling, seed))
        .maxLength(maxLength);
  }

  /** How many pairs that is. */
  public int pairs() {
    return ContrastivePairs.of(train(), sampling, seed).size();
  }

  private TextDataset train() {
    if (train == null) {
      throw new IllegalStateException("nothing to learn from: choose the data with train(…)");
    }
    return train;
  }

  /** The second part: a classifier of the vectors that the encoder makes now. */
  public SentenceClassifier fitHead() {
    Targets targets = Targets.of(train(), labels);
    float[] vectors = rows(train, encoder.dimensions(), encoder::forward);
    int width = encoder.dimensions();
    float[][] x = new float[train.size()][width];
    boolean[][] truth = new boolean[train.size()][labels.size()];
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    for (int row = 0; row < x.length; row++) {
      System.arraycopy(vectors, row * width, x[row], 0, width);
      for (int column = 0; column < targets.width(); column++) {
        int value = (int) targets.value(row, column);
        truth[row][several ? column : value] = !several || value == 1;
      }
    }
    LogisticRegression head = LogisticRegression.fit(labels, x, truth, c);
    return SentenceClassifier.of(encoder, labels, head.weight(), head.bias());
  }

  /** What a classifier says of other examples with the same labels. */
  public Predictions predictions(SentenceClassifier model, TextDataset data) {
    check(data);
    Targets targets = Targets.of(data, labels);
    return Predictions.of(labels, rows(data, labels.size(), model::forward), targets);
  }

  /** What is computed of each text, in order. */
  private float[] rows(TextDataset data, int width, Function<TokenBatch, Tensor> forward) {
    float[] all = new float[data.size() * width];
    encoder.eval();
    DType before = encoder.computeType();
    encoder.computeType(DType.F32); // as who uses the model does, whatever it was trained in
    int length = Math.min(maxLength, encoder.maxLength());
    try (Tokenizer cutting = tokenizer.withMaxLength(length)) {
      encoder.saveWith(cutting);
      EncodedDataset encoded = EncodedDataset.of(data, cutting, done -> {});
      int[] order = IntStream.range(0, data.size()).toArray();
      for (int[] rows : Batches.byTokens(order, encoded.lengths(), BATCH_TOKENS)) {
        try (NoGrad off = NoGrad.open();
            Scope scope = Scope.open()) {
          float[] computed = forward.apply(encoded.batch(rows)).toFloats();
          for (int i = 0; i < rows.length; i++) {
            System.arraycopy(computed, i * width, all, rows[i] * width, width);
          }
        }
      }
    } finally {
      encoder.computeType(before);
    }
    return all;
  }
}
