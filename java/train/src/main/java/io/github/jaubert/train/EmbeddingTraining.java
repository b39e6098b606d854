package io.github.jaubert.train;

import io.github.jaubert.autograd.Checkpoint;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Sentences that belong together, or how much they do, and the vectors that a {@link
 * SentenceEncoder} is to make of them.
 *
 * <pre>{@code
 * EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.cosent())
 *     .train(EmbeddingDataset.read(train, TableFormat.TSV, columns, "score", true))
 *     .evaluate(EmbeddingDataset.read(dev, TableFormat.TSV, columns, "score", true))
 * }</pre>
 *
 * <p>It is judged by Spearman's correlation of cosines and scores; data without scores by how well
 * an anchor finds its positives among those of all rows, and their negatives.
 */
public final class EmbeddingTraining
    extends HeadTask<EmbeddingTraining, SentenceEncoder, EmbeddingDataset> {
  private final EmbeddingLoss loss;
  private int part; // 0: a batch is computed at once
  private boolean duplicates;
  private SentenceEncoder guide; // null: none
  private Tokenizer guidesTokenizer;

  private EmbeddingTraining(SentenceEncoder model, Tokenizer tokenizer, EmbeddingLoss loss) {
    super(model, tokenizer);
    this.loss = Objects.requireNonNull(loss, "loss");
  }

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  public static EmbeddingTraining of(
      SentenceEncoder model, Tokenizer tokenizer, EmbeddingLoss loss) {
    return new EmbeddingTraining(model, tokenizer, loss);
  }

  /** The data to be judged by. */
  public EmbeddingTraining evaluate(EmbeddingDataset data) {
    return judgeBy(data);
  }

  /**
   * Computes a batch in parts of so many sentences, each once more when its gradient is due, so
   * that a large batch, with its many negatives, takes the memory of a small one (Gao et al. 2021,
   * "GradCache"). Values and gradients are those of the whole batch.
   *
   * @param sentences from 1; 0, as it is unless said otherwise, for the whole batch at once
   */
  public EmbeddingTraining cached(int sentences) {
    require(sentences >= 0, "cached " + sentences + ": a number of sentences from 0");
    part = sentences;
    return this;
  }

  /**
   * Whether a batch may have a text twice, if the other texts of the batch are an anchor's
   * negatives. Not unless said otherwise, so that each counts for as many as can be; a pass then
   * has more batches, and the last ones are smaller, the more often texts are repeated. With
   * duplicates a text is no negative where it is the positive, too.
   */
  public EmbeddingTraining duplicates(boolean allowed) {
    duplicates = allowed;
    return this;
  }

  /**
   * The model that says which texts are no negatives, of the loss {@link EmbeddingLoss#gist}. It
   * reads the same texts, cut to the same number of tokens or to as many as it takes, and does not
   * learn; its dimensions and its vocabulary may be others. It remains the caller's, and is in
   * evaluation mode from then on.
   *
   * @param tokenizer the guide's
   * @throws IllegalArgumentException if it is the model itself
   */
  public EmbeddingTraining guide(SentenceEncoder guide, Tokenizer tokenizer) {
    require(guide != model(), "the guide is the model itself");
    this.guide = guide;
    guidesTokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
    guide.eval();
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      EmbeddingDataset train,
      EmbeddingDataset evaluation,
      Tokenizer cutting,
      TrainingListener listener) {
    boolean guided = learns() && loss.data() == EmbeddingLoss.Data.GUIDED;
    if (guided && guide == null) {
      throw new IllegalStateException(
          "the loss %s needs a guide: choose one with guide(…)".formatted(loss.name()));
    }
    check(train);
    EmbeddingBatches examples =
        new EmbeddingBatches(train, cutting, listener, part, loss, mayHaveDuplicates());
    if (guided) {
      int length = Math.min(cutting.maxLength(), guide.maxLength());
      try (Tokenizer guides = guidesTokenizer.withMaxLength(length)) {
        examples.guided(guides, listener);
      }
    }
    return new Prepared(
        examples,
        evaluation == null
            ? null
            : new EmbeddingEvaluation(
                this, new EmbeddingBatches(evaluation, cutting, listener, 0, null, true)));
  }

  private boolean mayHaveDuplicates() {
    return duplicates || !loss.data().hasInBatchNegatives();
  }

  private void check(EmbeddingDataset data) {
    switch (loss.data()) {
      case SCORES -> {
        if (!data.hasScores() || data.texts() != 2) {
          throw new DataException(
              data.source(), "the loss %s needs two texts and a score".formatted(loss.name()));
        }
      }
      case TRIPLETS -> {
        if (data.texts() != 3) {
          throw new DataException(
              data.source(),
              "the loss %s needs anchor, positive and negative; a row has %d texts"
                  .formatted(loss.name(), data.texts()));
        }
      }
      case POSITIVES, GUIDED -> {
        if (data.hasScores()) {
          throw new DataException(
              data.source(),
              "the loss %s takes all pairs for such that belong together, and these have scores"
                  .formatted(loss.name()));
        }
      }
    }
  }

  /** A text is told from the others of its batch. */
  @Override
  public boolean canSplit() {
    return false;
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return loss.of(
        new EmbeddingLoss.Vectors(
            columns(inputs),
            inputs.has(EmbeddingBatches.SCORES) ? inputs.get(EmbeddingBatches.SCORES) : null,
            inputs.has(EqualTexts.POSITIVES) ? inputs.get(EqualTexts.POSITIVES) : null,
            inputs.has(EqualTexts.NEGATIVES) ? inputs.get(EqualTexts.NEGATIVES) : null,
            loss.data() == EmbeddingLoss.Data.GUIDED ? guides(inputs) : null),
        count);
  }

  /** What the guide says of the texts. */
  private List<Tensor> guides(Inputs inputs) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      List<Tensor> parts = texts(inputs, true).stream().map(guide::forward).toList();
      return columns(parts, inputs.examples()).stream().map(scope::keep).toList();
    }
  }

  /** The vectors of each text of the examples. */
  List<Tensor> columns(Inputs inputs) {
    List<TokenInputs> texts = texts(inputs, false);
    List<Tensor> parts = new ArrayList<>();
    for (TokenInputs part : texts) {
      parts.add(
          texts.size() == 1
              ? model().forward(part)
              : Checkpoint.run(none -> model().forward(part), List.of()));
    }
    return columns(parts, inputs.examples());
  }

  private static List<TokenInputs> texts(Inputs inputs, boolean guides) {
    return inputs.names().stream()
        .filter(name -> EmbeddingBatches.isGuides(name) == guides)
        .map(inputs::text)
        .toList();
  }

  private static List<Tensor> columns(List<Tensor> parts, int examples) {
    Tensor all = parts.size() == 1 ? parts.get(0) : Tensor.concat(0, parts.toArray(Tensor[]::new));
    List<Tensor> columns = new ArrayList<>();
    for (int from = 0; from < all.size(0); from += examples) {
      columns.add(all.narrow(0, from, examples));
    }
    return columns;
  }

  @Override
  public Encoder encoder(String text) {
    return (EmbeddingBatches.isGuides(text) ? guide : model()).encoder();
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("loss", loss.name());
    settings.put("cached", part);
    settings.put("duplicates", mayHaveDuplicates());
    return settings;
  }

  @Override
  public Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("pooling", model().pooling().mode());
    identity.put("normalize", Boolean.toString(model().normalize()));
    identity.put("dimensions", Integer.toString(model().dimensions()));
    if (guide != null) {
      identity.put("guide", guide.pooling().mode() + " " + Fingerprint.of(guide.parameters()));
    }
    return identity;
  }
}
