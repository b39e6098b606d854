package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.AlignedDataset;
import io.github.jaubert.train.data.AlignedDataset.Labelled;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.metrics.TagScheme;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sentences of tagged words, and what a {@link TokenClassifier} is to say of each token: names to
 * be found, parts of speech and the like. It is judged by whole entities, see {@link
 * io.github.jaubert.train.metrics.EntityF1}: {@code f1}, by which it is decided which evaluation
 * was the best, {@code precision}, {@code recall}, {@code accuracy} of the words' tags, and {@code
 * f1} of each type.
 *
 * <pre>{@code
 * TaggedDataset sentences = TaggedDataset.conll(train);
 * TokenClassifier model = TokenClassifier.fromPretrained(dir, Labels.of(sentences.tagNames()));
 * TokenTagging.of(model, tokenizer).train(sentences).evaluate(TaggedDataset.conll(dev))
 * }</pre>
 *
 * <p>Mutable, for one thread. It neither owns nor closes the model and the tokenizer. {@link
 * #prepare} checks and tokenises the sentences; it throws {@link DataException} if anything is
 * wrong with them, such as a tag that is not among the model's labels.
 */
public final class TokenTagging implements Task {
  private static final Logger LOG = LoggerFactory.getLogger(TokenTagging.class);
  private static final int LISTED = 12;
  private static final String LABELS = "labels";

  private final TokenClassifier model;
  private final Tokenizer tokenizer;
  private TaggedDataset train;
  private TaggedDataset evaluation;
  private TagScheme scheme = TagScheme.CONLLEVAL;
  private int maxLength = 128;
  private Labelled labelled = Labelled.FIRST;
  private float labelSmoothing;
  private Examples examples; // null: not prepared yet
  private Evaluation judge; // may be null

  private TokenTagging(TokenClassifier model, Tokenizer tokenizer) {
    this.model = Objects.requireNonNull(model, "model");
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
  }

  /** The task of a model; sentences are tokenised by {@code tokenizer}. */
  public static TokenTagging of(TokenClassifier model, Tokenizer tokenizer) {
    return new TokenTagging(model, tokenizer);
  }

  /** The data to learn from. */
  public TokenTagging train(TaggedDataset data) {
    train = Objects.requireNonNull(data, "data");
    return this;
  }

  /** The data to be judged by, whose tags are read as {@link TagScheme#CONLLEVAL} says. */
  public TokenTagging evaluate(TaggedDataset data) {
    return evaluate(data, TagScheme.CONLLEVAL);
  }

  /**
   * The data to be judged by.
   *
   * @param scheme how tags say where entities begin and end
   * @throws IllegalArgumentException if a label of the model does not belong to it
   */
  public TokenTagging evaluate(TaggedDataset data, TagScheme scheme) {
    Objects.requireNonNull(data, "data");
    model.labels().names().forEach(label -> scheme.entities(List.of(label)));
    evaluation = data;
    this.scheme = scheme;
    return this;
  }

  /**
   * The number of tokens that a sentence is cut to, from 3; 128 unless said otherwise. More than
   * the model has positions for counts as that number. {@code model.save(folder)} writes it with
   * the tokenizer, so that pipelines cut texts alike.
   */
  public TokenTagging maxLength(int tokens) {
    require(tokens > 2, "maxLength " + tokens + ": a whole number from 3");
    maxLength = tokens;
    return this;
  }

  /** Which tokens of a word have its label; the first unless said otherwise. */
  public TokenTagging labelled(Labelled which) {
    labelled = Objects.requireNonNull(which, "which");
    return this;
  }

  /**
   * The share of the target that is spread over all labels (Szegedy et al. 2016), 0 to 1; 0 unless
   * said otherwise.
   */
  public TokenTagging labelSmoothing(float share) {
    require(share >= 0 && share <= 1, "labelSmoothing " + share + ": a number from 0 to 1");
    labelSmoothing = share;
    return this;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  // ---- the task ----

  @Override
  public TokenClassifier model() {
    return model;
  }

  @Override
  public void prepare(TrainingListener listener) {
    if (train == null) {
      throw new IllegalStateException("nothing to learn from: choose the data with train(…)");
    }
    try (Tokenizer cutting = tokenizer.withMaxLength(maxLength())) {
      AlignedDataset learnt = align(train, cutting, listener);
      AlignedDataset judged = evaluation == null ? null : align(evaluation, cutting, listener);
      DataChecks.tags(train);
      examples = examples(learnt);
      judge = judged == null ? null : new TaggingEvaluation(this, examples(judged), judged, scheme);
      model.saveWith(cutting); // who uses the model is to cut texts as they were cut in training
    }
  }

  private AlignedDataset align(TaggedDataset data, Tokenizer cutting, TrainingListener listener) {
    LOG.info(
        "{}: {} sentences, whose words have one of the tags {}",
        data.source(),
        data.size(),
        LabelText.listed(model.labels().names(), LISTED));
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    AlignedDataset aligned = AlignedDataset.of(data, cutting, model.labels(), labelled, progress);
    progress.done();
    int[] rows = IntStream.range(0, data.size()).toArray();
    if (aligned.labelled(rows) == 0) {
      throw new DataException(data.source(), "has no word that the tokenizer makes a token of");
    }
    EncoderConfig config = model.config();
    DataChecks.unknown(data.source(), aligned.encoded(), cutting);
    DataChecks.embeddings(
        data.source(), row -> data.sentences().get(row).line(), aligned.encoded(), cutting, config);
    return aligned;
  }

  private static Examples examples(AlignedDataset data) {
    int[] lengths = data.encoded().lengths();
    return Examples.of(
        data.size(),
        row -> lengths[row],
        rows ->
            Batch.of(data.encoded().batch(rows))
                .withTokens(LABELS, data.targets(rows), AlignedDataset.IGNORED));
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public Evaluation evaluation() {
    return judge;
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return loss(model.forward(inputs.text()), inputs, count);
  }

  Tensor loss(Tensor logits, Inputs inputs, float count) {
    Tensor labels = inputs.get(LABELS);
    return labelSmoothing == 0
        ? model.loss(logits, labels, count)
        : F.crossEntropy(
            logits,
            labels,
            CrossEntropyOptions.standard()
                .withNormalizer(count)
                .withLabelSmoothing(labelSmoothing));
  }

  /** The tokens that have a label. */
  @Override
  public float count(Batch batch) {
    return Arrays.stream(batch.ints(LABELS)).filter(l -> l != AlignedDataset.IGNORED).count();
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("max_length", maxLength());
    settings.put("labelled", labelled.name().toLowerCase(Locale.ROOT));
    settings.put("label_smoothing", labelSmoothing);
    settings.put("tag_scheme", scheme.name().toLowerCase(Locale.ROOT));
    return settings;
  }

  private int maxLength() {
    return Math.min(maxLength, model.config().maxPositionEmbeddings());
  }

  @Override
  public Map<String, String> identity() {
    return Map.of(LABELS, model.labels().toString());
  }
}
