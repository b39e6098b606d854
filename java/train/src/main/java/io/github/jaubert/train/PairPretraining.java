package io.github.jaubert.train;

import io.github.jaubert.bert.PreTrainingModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.SentencePairs;
import io.github.jaubert.train.corpus.TokenizedCorpus;
import io.github.jaubert.train.data.DataException;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pre-training as BERT was: of pairs of texts a {@link PreTrainingModel} is to tell masked tokens,
 * and whether the second text follows the first in its document (Devlin et al. 2019), or, with
 * {@link #sentenceOrder}, whether the two are in their order (Lan et al. 2020, "ALBERT"). Each pass
 * over the text has other pairs ({@link SentencePairs}) and other masks, as a function of seed,
 * pass and pair.
 *
 * <p>The loss is the sum of two: the mean cross-entropy of the masked tokens of a step, and that of
 * its pairs. The model is judged by {@code loss}, the same of all pairs it does not learn from;
 * {@code accuracy} and {@code perplexity} of masked tokens; and {@code pair_accuracy}.
 *
 * <pre>{@code
 * PreTrainingModel model = PreTrainingModel.of(BertConfig.…);
 * Trainer.of(PairPretraining.of(model, tokenizer).train(books).heldOut(0.01))
 *     .with(s -> s.tokens(200_000_000).batchTokens(8192).learningRate(5e-4f))
 *     .run();
 * }</pre>
 */
public final class PairPretraining extends CorpusTask<PairPretraining, PreTrainingModel> {
  private static final Logger LOG = LoggerFactory.getLogger(PairPretraining.class);

  /** What a pair's loss is multiplied by once it is divided by the step's masked tokens, F32. */
  private static final String PAIR_WEIGHT = "pair_weight";

  private boolean order;

  private PairPretraining(PreTrainingModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /**
   * The task of a model.
   *
   * @throws IllegalArgumentException if the tokenizer has no mask token, or more tokens than the
   *     model has embeddings
   */
  public static PairPretraining of(PreTrainingModel model, Tokenizer tokenizer) {
    return new PairPretraining(model, tokenizer);
  }

  /** Has the model tell in which order two texts are, and not whether the second follows. */
  public PairPretraining sentenceOrder() {
    order = true;
    return this;
  }

  @Override
  Cut cut(TokenizedCorpus corpus, String source) {
    if (corpus.sentences() < 2 * corpus.documents()) {
      LOG.warn(
          "{}: {}: many documents are of one sentence, which {}",
          source,
          corpus,
          order
              ? "makes no pair"
              : "is followed by none, so that there is little to learn of pairs");
    }
    return (documents, seed) -> {
      SentencePairs pairs = pairs(corpus, source, documents, seed);
      LOG.info("{}: {} in {}", source, corpus, pairs);
      return new MaskedPairs(pairs, masking(), seed, identity(pairs.size(), corpus));
    };
  }

  private SentencePairs pairs(
      TokenizedCorpus corpus, String source, LongPredicate documents, long seed) {
    try {
      return order
          ? SentencePairs.sentenceOrder(corpus, tokenizer(), maxLength(), seed, documents)
          : SentencePairs.nextSentence(corpus, tokenizer(), maxLength(), seed, documents);
    } catch (DataException e) { // which names the files of the tokens
      throw new DataException(
          source,
          (order
                  ? "sentence-order prediction needs a document of two sentences"
                  : "next-sentence prediction needs two documents")
              + " to learn from, and as much to be judged by; give other text with evaluate(…)",
          e);
    }
  }

  @Override
  Evaluation judge(Examples examples) {
    return new PairEvaluation(model(), examples);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The mean over the masked tokens of all batches of the step, and the mean over their pairs.
   */
  @Override
  public Tensor loss(Inputs inputs, float count) {
    Tensor labels = inputs.get(MaskedSequences.LABELS);
    PreTrainingModel.Losses losses =
        model()
            .losses(
                inputs.text(),
                inputs.get(MaskedSequences.ROWS),
                labels,
                count,
                inputs.get(MaskedPairs.PAIR_LABELS),
                count,
                hits(labels));
    Tensor weight = inputs.get(PAIR_WEIGHT).select(0, 0);
    return losses.tokens().add(losses.following().mul(weight));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A loss is divided by the masked tokens of a step. That of the pairs, which is to be divided
   * by their number, is multiplied by what brings one to the other. A recorded step reads it from
   * the batch, as it differs from step to step.
   */
  @Override
  public List<Batch> step(List<Batch> batches) {
    float pairs = batches.stream().mapToInt(Batch::examples).sum();
    float weight = TrainingRun.count(this, batches) / pairs;
    batches.forEach(batch -> batch.with(PAIR_WEIGHT, new float[] {weight}));
    return batches;
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("pairs", order ? "sentence order" : "next sentence");
    return settings;
  }
}
