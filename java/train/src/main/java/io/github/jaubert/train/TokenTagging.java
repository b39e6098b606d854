package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.AlignedDataset;
import io.github.jaubert.train.data.AlignedDataset.Labelled;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.metrics.TagScheme;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
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
 * <p>What is wrong with the sentences, such as a tag that is not among the model's labels, is a
 * {@link DataException} when it is prepared.
 */
public final class TokenTagging
    extends ClassificationTask<TokenTagging, TokenClassifier, TaggedDataset> {
  private static final Logger LOG = LoggerFactory.getLogger(TokenTagging.class);
  private static final int LISTED = 12;

  private TagScheme scheme = TagScheme.CONLLEVAL;
  private Labelled labelled = Labelled.FIRST;
  private TaggingEvaluation judge; // null: not prepared, or there is nothing to be judged by

  private TokenTagging(TokenClassifier model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** The task of a model; sentences are tokenised by {@code tokenizer}. */
  public static TokenTagging of(TokenClassifier model, Tokenizer tokenizer) {
    return new TokenTagging(model, tokenizer);
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
    model().labels().names().forEach(label -> scheme.entities(List.of(label)));
    this.scheme = scheme;
    return judgeBy(data);
  }

  /** Which tokens of a word have its label; the first unless said otherwise. */
  public TokenTagging labelled(Labelled which) {
    labelled = Objects.requireNonNull(which, "which");
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      TaggedDataset train, TaggedDataset evaluation, Tokenizer cutting, TrainingListener listener) {
    AlignedDataset learnt = align(train, cutting, listener);
    AlignedDataset judged = evaluation == null ? null : align(evaluation, cutting, listener);
    DataChecks.tags(train);
    judge = judged == null ? null : new TaggingEvaluation(this, examples(judged), judged, scheme);
    return new Prepared(examples(learnt), judge);
  }

  /**
   * The tags that the model gave to the words of each sentence when it was judged last.
   *
   * @throws IllegalStateException if it was not judged
   */
  public List<Judgement> judgements() {
    if (judge == null || judge.judgements().isEmpty()) {
      throw new IllegalStateException("the model was not judged yet: Trainer.of(task).evaluate()");
    }
    return judge.judgements();
  }

  /**
   * The same of the model as it is now. After a run this costs nothing if the last evaluation was
   * of these weights.
   *
   * @param result what came of the run
   * @throws IllegalStateException if there was no run, or nothing to be judged by
   * @throws CancellationException if the thread is interrupted meanwhile
   */
  public List<Judgement> judgements(TrainingResult result) {
    judge(judge, judge != null && !judge.judgements().isEmpty(), result);
    return judgements();
  }

  private AlignedDataset align(TaggedDataset data, Tokenizer cutting, TrainingListener listener) {
    LOG.info(
        "{}: {} sentences, whose words have one of the tags {}",
        data.source(),
        data.size(),
        LabelText.listed(model().labels().names(), LISTED));
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    AlignedDataset aligned = AlignedDataset.of(data, cutting, model().labels(), labelled, progress);
    progress.done();
    int[] rows = IntStream.range(0, data.size()).toArray();
    if (aligned.labelled(rows) == 0) {
      throw new DataException(data.source(), "has no word that the tokenizer makes a token of");
    }
    EncoderConfig config = model().config();
    DataChecks.unknown(data.source(), aligned.encoded(), cutting);
    DataChecks.embeddings(
        data.origin(), row -> data.sentences().get(row).line(), aligned.encoded(), cutting, config);
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

  /** The tokens that have a label. */
  @Override
  public float count(Batch batch) {
    return Arrays.stream(batch.ints(LABELS)).filter(l -> l != AlignedDataset.IGNORED).count();
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("labelled", labelled.name().toLowerCase(Locale.ROOT));
    settings.put("label_smoothing", labelSmoothing());
    settings.put("tag_scheme", scheme.name().toLowerCase(Locale.ROOT));
    return settings;
  }
}
