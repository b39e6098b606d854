package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.corpus.Masking;
import io.github.jaubert.train.corpus.TokenizedCorpus;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;

/**
 * The task of a model that learns from text without labels, of which tokens are masked: what {@link
 * Pretraining} and {@link PairPretraining} share. Other tokens are masked in each pass, as a
 * function of seed, pass and sequence, so that a run which is resumed masks alike.
 *
 * <p>The corpus is tokenised once into files (see {@link TokenizedCorpus}) and never held in memory
 * as a whole. {@link #maxLength} is the most tokens of a sequence.
 *
 * @param <T> the task itself
 * @param <M> the model
 */
public abstract class CorpusTask<T extends CorpusTask<T, M>, M extends EncoderModel<M>>
    extends HeadTask<T, M, Corpus> {
  /** Seeds of evaluation differ from those of training, which could be the same number. */
  private static final long EVALUATION = 0x5eed;

  private Path cache = Path.of(System.getProperty("java.io.tmpdir"), "jaubert-corpora");
  private Masking masking;
  private double heldOut;
  private long seed = 42;
  private RunningMean told; // null: no run asked for it yet

  /**
   * The task of a model.
   *
   * @throws IllegalArgumentException if the tokenizer has no mask token, or more tokens than the
   *     model has embeddings
   */
  CorpusTask(M model, Tokenizer tokenizer) {
    super(model, tokenizer);
    require(
        tokenizer.vocabularySize() <= model.config().vocabSize(),
        "the tokenizer has %,d tokens, the model embeddings of %,d: %s has none"
            .formatted(
                tokenizer.vocabularySize(),
                model.config().vocabSize(),
                tokenizer.token(tokenizer.vocabularySize() - 1)));
    masking = Masking.of(tokenizer); // refuses one that has no mask
  }

  /** A corpus that was cut, of which some documents are examples. */
  @FunctionalInterface
  interface Cut {
    /**
     * The examples of some documents.
     *
     * @param seed of what is drawn in them
     */
    Examples examples(LongPredicate documents, long seed);
  }

  /** Cuts a corpus into sequences. */
  abstract Cut cut(TokenizedCorpus corpus, String source);

  /** Judges the model by examples. */
  abstract Evaluation judge(Examples examples);

  // ---- what is learnt ----

  /** Other text to be judged by. */
  public final T evaluate(Corpus corpus) {
    return judgeBy(corpus);
  }

  /**
   * How much of the text to learn from is kept for judging, by whole documents; 0, as it is unless
   * said otherwise, for none. Only without {@link #evaluate(Corpus)}.
   *
   * @param share from 0, less than 1; one document at least unless it is 0
   */
  public final T heldOut(double share) {
    require(share >= 0 && share < 1, "heldOut " + share + ": a number from 0, less than 1");
    heldOut = share;
    return self();
  }

  /** How tokens are masked, as {@code masking -> masking.rate(0.3).wholeWords()}. */
  public final T masking(UnaryOperator<Masking> choice) {
    masking = choice.apply(Masking.of(tokenizer()));
    return self();
  }

  /** Of the masks; 42 unless said otherwise. */
  public final T seed(long seed) {
    this.seed = seed;
    return self();
  }

  /**
   * The folder in which tokenised text is kept, to be used again; unless said otherwise one called
   * {@code jaubert-corpora} among the system's temporary files.
   */
  public final T cache(Path folder) {
    cache = Objects.requireNonNull(folder, "folder");
    return self();
  }

  /** How tokens are masked. */
  final Masking masking() {
    return masking;
  }

  // ---- the task ----

  @Override
  protected final Prepared prepare(
      Corpus train, Corpus evaluation, Tokenizer cutting, TrainingListener listener) {
    TokenizedCorpus learnt = tokenized(train, listener);
    Cut cut = cut(learnt, train.source());
    long judging = seed ^ EVALUATION;
    if (evaluation != null) {
      Cut judged = cut(tokenized(evaluation, listener), evaluation.source());
      return new Prepared(
          cut.examples(document -> true, seed), judge(judged.examples(document -> true, judging)));
    }
    if (heldOut == 0) {
      return new Prepared(cut.examples(document -> true, seed), null);
    }
    if (learnt.documents() < 2) {
      throw new DataException(
          train.source(),
          "is one document, of which nothing can be held out; give other text with evaluate(…)");
    }
    LongPredicate kept =
        learnt.documents() < every(heldOut)
            ? document -> document == learnt.documents() - 1
            : document -> isHeldOut(document, heldOut);
    return new Prepared(cut.examples(kept.negate(), seed), judge(cut.examples(kept, judging)));
  }

  /**
   * Whether a document, counted from 0, is held out for judging: the last of each hundred, if it is
   * a hundredth. Of fewer documents than that, which this does not know, the very last one is.
   */
  public static boolean isHeldOut(long document, double share) {
    return document % every(share) == every(share) - 1;
  }

  private static long every(double share) {
    return Math.max(2, Math.round(1 / share));
  }

  /** Of text that the tokenizer knows something of: the unknown token is never masked. */
  private TokenizedCorpus tokenized(Corpus corpus, TrainingListener listener) {
    TokenizedCorpus tokens =
        TokenizedCorpus.of(
            corpus,
            tokenizer(),
            cache,
            (read, all) -> listener.tokenizedBytes(corpus.source(), read, all));
    if (tokens.unknown() == tokens.tokens()) {
      throw new DataException(
          corpus.source(),
          "the tokenizer knows no word or character of it: all tokens are %s, of which nothing can be learnt"
              .formatted(tokenizer().token(tokenizer().unknownId())));
    }
    DataChecks.unknown(corpus.source(), tokens.unknown(), tokens.tokens(), tokenizer());
    return tokens;
  }

  /** Tells so many sequences of a corpus apart from any others. */
  final String identity(int sequences, TokenizedCorpus corpus) {
    return "%s of %s, %d, seed %d"
        .formatted(sequences, corpus.folder().getFileName(), maxLength(), seed);
  }

  /** The share of the masked tokens that is told, as {@code accuracy}. */
  @Override
  public Map<String, RunningMean> figures() {
    told = new RunningMean(model().parameters().get(0).tensor().device());
    return Map.of("accuracy", told);
  }

  /**
   * Where a loss adds how many of these masked tokens are told, F32 {@code [1]}; null outside a
   * run.
   */
  final Tensor hits(Tensor labels) {
    if (told == null || !told.isOpen()) {
      return null;
    }
    told.addCount(CountedTokens.counts(labels).sum());
    return told.sum();
  }

  /** The masked tokens. */
  @Override
  public float count(Batch batch) {
    return batch.ints(MaskedSequences.LABELS).length;
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("masking", masking.toString());
    settings.put("held_out", heldOut);
    settings.put("mask_seed", seed);
    return settings;
  }
}
