package io.github.jaubert.train;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.corpus.Masking;
import io.github.jaubert.train.corpus.Sequences;
import io.github.jaubert.train.corpus.TokenizedCorpus;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pre-training: text without labels, of which a {@link MaskedLanguageModel} is to tell masked
 * tokens (Devlin et al. 2019). Other tokens are masked in each pass, as a function of seed, pass
 * and sequence, so that a run which is resumed masks alike. It is judged on text that it does not
 * learn from by {@code loss}, {@code accuracy} (the share of masked tokens that is told) and {@code
 * perplexity}.
 *
 * <pre>{@code
 * Corpus books = Corpus.of(Path.of("books"));
 * Tokenizer tokenizer = WordPieceTrainer.of(16_000).train(books.texts());
 * MaskedLanguageModel model = MaskedLanguageModel.of(BertConfig.…);
 * Trainer.of(Pretraining.of(model, tokenizer).train(books).heldOut(0.01))
 *     .with(s -> s.tokens(200_000_000).batchTokens(8192).learningRate(5e-4f))
 *     .checkpoints(run)
 *     .run();
 * model.save(out);
 * }</pre>
 *
 * <p>The corpus is tokenised once into files (see {@link TokenizedCorpus}), cut into sequences that
 * never go over the end of a document ({@link Sequences}), and never held in memory as a whole.
 * {@link #maxLength} is the most tokens of a sequence.
 */
public final class Pretraining extends HeadTask<Pretraining, MaskedLanguageModel, Corpus> {
  private static final Logger LOG = LoggerFactory.getLogger(Pretraining.class);

  /** Seeds of evaluation differ from those of training, which could be the same number. */
  private static final long EVALUATION = 0x5eed;

  private Path cache = Path.of(System.getProperty("java.io.tmpdir"), "jaubert-corpora");
  private Masking masking;
  private double heldOut;
  private long seed = 42;

  private Pretraining(MaskedLanguageModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
    masking = Masking.of(tokenizer); // refuses one that has no mask
  }

  /**
   * The task of a model.
   *
   * @throws IllegalArgumentException if the tokenizer has no mask token, or more tokens than the
   *     model has embeddings
   */
  public static Pretraining of(MaskedLanguageModel model, Tokenizer tokenizer) {
    require(
        tokenizer.vocabularySize() <= model.config().vocabSize(),
        "the tokenizer has %,d tokens, the model embeddings of %,d: %s has none"
            .formatted(
                tokenizer.vocabularySize(),
                model.config().vocabSize(),
                tokenizer.token(tokenizer.vocabularySize() - 1)));
    return new Pretraining(model, tokenizer);
  }

  // ---- what is learnt ----

  /** Other text to be judged by. */
  public Pretraining evaluate(Corpus corpus) {
    return judgeBy(corpus);
  }

  /**
   * How much of the text to learn from is kept for judging, by whole documents; 0, as it is unless
   * said otherwise, for none. Only without {@link #evaluate(Corpus)}.
   *
   * @param share from 0, less than 1; one document at least unless it is 0
   */
  public Pretraining heldOut(double share) {
    require(share >= 0 && share < 1, "heldOut " + share + ": a number from 0, less than 1");
    heldOut = share;
    return this;
  }

  /** How tokens are masked, as {@code masking -> masking.rate(0.3).wholeWords()}. */
  public Pretraining masking(UnaryOperator<Masking> choice) {
    masking = choice.apply(Masking.of(tokenizer()));
    return this;
  }

  /** Of the masks; 42 unless said otherwise. */
  public Pretraining seed(long seed) {
    this.seed = seed;
    return this;
  }

  /**
   * The folder in which tokenised text is kept, to be used again; unless said otherwise one called
   * {@code jaubert-corpora} among the system's temporary files.
   */
  public Pretraining cache(Path folder) {
    cache = Objects.requireNonNull(folder, "folder");
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      Corpus train, Corpus evaluation, Tokenizer cutting, TrainingListener listener) {
    TokenizedCorpus learnt = tokenized(train, listener);
    Sequences sequences = Sequences.of(learnt, tokenizer(), maxLength());
    LOG.info("{}: {} in {}", train.source(), learnt, sequences);
    if (evaluation != null) {
      TokenizedCorpus judged = tokenized(evaluation, listener);
      Sequences others = Sequences.of(judged, tokenizer(), maxLength());
      LOG.info("{}: {} in {}", evaluation.source(), judged, others);
      return new Prepared(
          examples(sequences, learnt, document -> true),
          judge(examples(others, judged, document -> true)));
    }
    if (heldOut == 0) {
      return new Prepared(examples(sequences, learnt, document -> true), null);
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
    return new Prepared(
        examples(sequences, learnt, kept.negate()), judge(examples(sequences, learnt, kept)));
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

  private Evaluation judge(MaskedSequences examples) {
    return new MaskedEvaluation(
        model(),
        new MaskedSequences(
            examples.sequences(),
            examples.numbers(),
            examples.masking(),
            seed ^ EVALUATION,
            examples.identity()));
  }

  private TokenizedCorpus tokenized(Corpus corpus, TrainingListener listener) {
    return TokenizedCorpus.of(
        corpus,
        tokenizer(),
        cache,
        (read, all) -> listener.tokenizedBytes(corpus.source(), read, all));
  }

  /** The sequences of some documents. */
  private MaskedSequences examples(
      Sequences sequences, TokenizedCorpus corpus, LongPredicate documents) {
    IntStream.Builder numbers = IntStream.builder();
    int sequence = 0;
    for (long document = 0; document < corpus.documents(); document++) {
      long end = corpus.documentStart(document + 1);
      boolean wanted = documents.test(document);
      for (; sequence < sequences.size() && sequences.start(sequence) < end; sequence++) {
        if (wanted) {
          numbers.add(sequence);
        }
      }
    }
    int[] chosen = numbers.build().toArray();
    String identity =
        "%s of %s, %d, seed %d"
            .formatted(chosen.length, corpus.folder().getFileName(), maxLength(), seed);
    return new MaskedSequences(sequences, chosen, masking, seed, identity);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The mean over the masked tokens of all batches of the step.
   */
  @Override
  public Tensor loss(Inputs inputs, float count) {
    return model()
        .loss(
            inputs.text(),
            inputs.get(MaskedSequences.ROWS),
            inputs.get(MaskedSequences.LABELS),
            count);
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
