package io.github.jaubert.cli.pretrain;

import io.github.jaubert.bert.Architectures;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.ReplacedTokenDetector;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.electra.Electra;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.options.NewEncoderOptions;
import io.github.jaubert.cli.options.Recipe;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.CorpusTask;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.ReplacedTokenDetection;
import io.github.jaubert.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Two models, of which a small one fills in masked tokens and the other tells which were replaced:
 * an ELECTRA (Clark et al. 2020). The options say the size of the second, which is what is
 * fine-tuned later.
 *
 * <p>The generator is a quarter as wide, with as many layers. The paper finds a quarter to a half
 * to be best (section 3.2, figure 3) and takes a quarter for its small and large models; a wider
 * one costs more, and replaces tokens so well that less is learnt of telling them. Both have the
 * same embeddings, half as wide as the discriminator, as in ELECTRA-small; from the width of
 * ELECTRA-base on, as there, of its width.
 */
public final class ElectraJob implements PretrainingJob {
  private static final double GENERATOR_SHARE = 0.25;
  private static final int BASE_WIDTH = 768;

  private final String name;
  private final ReplacedTokenDetection task;
  private final Pretraining text;

  private ElectraJob(String name, ReplacedTokenDetector discriminator, Pretraining text) {
    this.name = name;
    this.text = text;
    task = ReplacedTokenDetection.of(discriminator, text);
  }

  /**
   * Refuses what cannot be an ELECTRA.
   *
   * @throws ParameterException if the model that there is or the recipe is of another kind, or the
   *     heads of the generator would not share its width
   */
  public static void check(CommandLine command, NewEncoderOptions encoder) {
    if (!encoder.isNew()) {
      EncoderConfig there = Architectures.readConfig(encoder.folder());
      if (!(there instanceof ElectraConfig)) {
        throw new ParameterException(
            command,
            "--objective electra: --model %s is of the architecture %s; only ELECTRA learns so"
                .formatted(encoder.folder(), there.architecture().name()));
      }
      return;
    }
    if (encoder.recipe() != Recipe.BERT) {
      throw new ParameterException(
          command, "--objective electra makes an ELECTRA, and --recipe cramming a ModernBERT");
    }
    try {
      generator(electra(BertConfig.bertBase().withEncoder(encoder.hidden(), 1, 1, 1)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          command,
          "--hidden %d: the generator is to have a quarter of it, and %s"
              .formatted(encoder.hidden(), e.getMessage()),
          e);
    }
  }

  /** The models that the options name; what is missing is initialised. */
  public static ElectraJob of(NewEncoderOptions encoder, int longest, Tokenizer tokenizer) {
    ReplacedTokenDetector discriminator =
        encoder.isNew()
            ? ReplacedTokenDetector.of(electra(encoder.bert(tokenizer, longest)))
            : ReplacedTokenDetector.forTraining(encoder.folder());
    Electra electra = (Electra) discriminator.encoder();
    Path stored = encoder.isNew() ? null : ReplacedTokenDetection.generatorIn(encoder.folder());
    boolean isStored = stored != null && Files.isDirectory(stored);
    MaskedLanguageModel generator = null;
    try {
      generator =
          isStored
              ? storedGenerator(stored, electra)
              : MaskedLanguageModel.of(electra.withSharedEmbeddings(generator(electra.config())));
      String name =
          "%s, with a%s generator %d wide"
              .formatted(
                  encoder.name(Electra.ARCHITECTURE.name()),
                  encoder.isNew() || isStored ? "" : " new",
                  generator.config().hiddenSize());
      return new ElectraJob(name, discriminator, Pretraining.of(generator, tokenizer));
    } catch (RuntimeException e) {
      discriminator.close();
      if (generator != null) {
        generator.close();
      }
      throw e;
    }
  }

  private static ElectraConfig electra(BertConfig sizes) {
    int hidden = sizes.hiddenSize();
    return new ElectraConfig(sizes, hidden < BASE_WIDTH ? Math.max(1, hidden / 2) : hidden);
  }

  private static ElectraConfig generator(ElectraConfig discriminator) {
    return discriminator.generator(GENERATOR_SHARE);
  }

  /** One that was saved beside its discriminator, whose embeddings it has again. */
  private static MaskedLanguageModel storedGenerator(Path folder, Electra discriminator) {
    try (MaskedLanguageModel stored = MaskedLanguageModel.fromPretrained(folder)) {
      MaskedLanguageModel generator =
          MaskedLanguageModel.of(
              discriminator.withSharedEmbeddings(ElectraConfig.fromPretrained(folder)));
      Set<Tensor> shared =
          discriminator.parameters().stream().map(Parameter::tensor).collect(Collectors.toSet());
      generator.parameters().stream()
          .filter(parameter -> !shared.contains(parameter.tensor()))
          .forEach(
              parameter ->
                  parameter.tensor().copyFrom(stored.parameter(parameter.name()).tensor()));
      return generator;
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(
          folder.toString(), "is no generator of the model: " + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public EncoderModel<?> model() {
    return task.discriminator();
  }

  @Override
  public CorpusTask<?, ?> text() {
    return text;
  }

  @Override
  public Trainer trainer() {
    return Trainer.of(task);
  }

  @Override
  public void save(Path folder) {
    task.save(folder);
  }

  @Override
  public Path filling(Path folder) {
    return ReplacedTokenDetection.generatorIn(folder);
  }

  @Override
  public String use(Path folder, String mask) {
    return "finetune --model %s --train FILE".formatted(folder);
  }

  @Override
  public void close() {
    task.model().close();
  }
}
