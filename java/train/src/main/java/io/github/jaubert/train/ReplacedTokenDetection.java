package io.github.jaubert.train;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.ReplacedTokenDetector;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/**
 * Pre-training by replaced tokens (Clark et al. 2020, "ELECTRA"): a small generator fills in masked
 * tokens, and a discriminator tells of every token whether it is the one that stood there. Both
 * learn at once; the discriminator is what is fine-tuned later.
 *
 * <p>The generator learns as {@link Pretraining} says, whose text, masks and held out share it has.
 * In the paper all chosen tokens are masked, and the generator has the discriminator's embeddings:
 *
 * <pre>{@code
 * ElectraConfig config =
 *     ElectraConfig.electraSmall().with(b -> b.withVocabSize(tokenizer.vocabularySize()));
 * Electra encoder = Electra.of(config);
 * MaskedLanguageModel generator =
 *     MaskedLanguageModel.of(encoder.withSharedEmbeddings(config.generator(0.25)));
 * ReplacedTokenDetection task =
 *     ReplacedTokenDetection.of(
 *         ReplacedTokenDetector.of(encoder),
 *         Pretraining.of(generator, tokenizer)
 *             .train(books)
 *             .heldOut(0.01)
 *             .masking(masking -> masking.split(1, 0)));
 * Trainer.of(task).with(s -> s.tokens(200_000_000).learningRate(5e-4f)).checkpoints(run).run();
 * task.save(out);
 * }</pre>
 *
 * <p>Tokens are drawn by {@code Rng.global()}, as dropout is, so that a run that is resumed draws
 * alike. On held out text both are judged by {@code loss}, the sum that is learnt; the generator by
 * what {@link Pretraining} measures, as {@code generator_accuracy}; the discriminator by {@code
 * detection_loss}, {@code detection_accuracy} of all tokens, and {@code replaced_f1} of those that
 * were replaced. There the tokens are drawn alike every time.
 */
public final class ReplacedTokenDetection extends TaskAround<Pretraining> {
  private final ReplacedTokenDetector discriminator;
  private final Block both;
  private float weight = 50;

  /** What is trained. The discriminator comes first, and shared embeddings have its name. */
  private static final class Both extends Block {
    Both(ReplacedTokenDetector discriminator, MaskedLanguageModel generator) {
      add("discriminator", discriminator);
      add("generator", generator);
    }
  }

  private ReplacedTokenDetection(ReplacedTokenDetector discriminator, Pretraining generating) {
    super(generating);
    this.discriminator = discriminator;
    both = new Both(discriminator, generating.model());
  }

  /**
   * The task of two models.
   *
   * @param generator how the generator learns, and of what
   * @throws IllegalArgumentException if the generator knows tokens that the discriminator does not
   */
  public static ReplacedTokenDetection of(
      ReplacedTokenDetector discriminator, Pretraining generator) {
    int tokens = discriminator.config().vocabSize();
    int generated = generator.model().config().vocabSize();
    HeadTask.require(
        generated <= tokens,
        "the generator has %,d tokens, the discriminator embeddings of %,d"
            .formatted(generated, tokens));
    return new ReplacedTokenDetection(discriminator, generator);
  }

  /**
   * How much the discriminator's loss counts beside the generator's, above 0; 50, as in the paper,
   * unless said otherwise.
   */
  public ReplacedTokenDetection detectionWeight(float weight) {
    HeadTask.require(
        weight > 0 && weight < Float.POSITIVE_INFINITY,
        "detectionWeight " + weight + ": a finite number above 0");
    this.weight = weight;
    return this;
  }

  /** The model that is fine-tuned later. */
  public ReplacedTokenDetector discriminator() {
    return discriminator;
  }

  /** The model that fills in masked tokens. */
  public MaskedLanguageModel generator() {
    return inside().model();
  }

  float detectionWeight() {
    return weight;
  }

  /**
   * Writes the discriminator as a Hugging Face folder, and the generator as one called {@code
   * generator} in it.
   *
   * @throws CheckpointException if it cannot be written
   */
  public void save(Path folder) {
    discriminator.save(folder);
    generator().save(generatorIn(folder));
  }

  /** Where {@link #save} writes the generator of a folder. */
  public static Path generatorIn(Path folder) {
    return folder.resolve("generator");
  }

  // ---- the task ----

  /** Both, as {@code discriminator} and {@code generator}. */
  @Override
  public Block model() {
    return both;
  }

  @Override
  public void prepare(TrainingListener listener) {
    int length = inside().maxLength();
    int positions = discriminator.config().maxPositionEmbeddings();
    HeadTask.require(
        length <= positions,
        "sequences of up to %d tokens, and a discriminator of %d positions"
            .formatted(length, positions));
    super.prepare(listener);
    try (Tokenizer cutting = inside().tokenizer().withMaxLength(length)) {
      discriminator.saveWith(cutting);
    }
  }

  @Override
  Evaluation judge(Evaluation own) {
    return new DetectionEvaluation(this, own);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The generator's part is the mean over the masked tokens of all batches of the step. The
   * discriminator's is the mean over all tokens of a batch, times the batch's share of the step's
   * masked tokens: so it is the mean over all tokens of the step if the batches have as many masked
   * tokens for each token, which {@code Masking} sees to up to rounding.
   */
  @Override
  public Tensor loss(Inputs inputs, float count) {
    Tensor labels = inputs.get(MaskedSequences.LABELS);
    Tensor logits = generator().logits(inputs.text(), inputs.get(MaskedSequences.ROWS));
    Tensor told =
        F.crossEntropy(logits, labels, CrossEntropyOptions.defaults().withNormalizer(count));
    FilledTokens filled = fill(inputs, logits, Rng.global());
    Tensor detected =
        discriminator.loss(discriminator.forward(filled.text()), filled.replaced(), 0);
    Tensor share = CountedTokens.counts(labels).sum().div(count);
    return told.add(detected.mul(share).mul(weight));
  }

  /** Draws tokens from the generator's logits for the discriminator to read. */
  FilledTokens fill(Inputs inputs, Tensor logits, Rng rng) {
    return FilledTokens.of(
        discriminator.encoder(),
        inputs.text(),
        inputs.get(MaskedSequences.ROWS),
        inputs.get(MaskedSequences.LABELS),
        logits,
        inputs.get(CountedTokens.TOKENS),
        rng);
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("detection_weight", weight);
    return settings;
  }
}
