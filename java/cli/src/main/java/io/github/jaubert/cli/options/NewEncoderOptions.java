package io.github.jaubert.cli.options;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.ByteLevelBpeTrainer;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.WordPieceTrainer;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.train.corpus.Corpus;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say which model to pre-train: one that there is, or a new one by a recipe. */
public final class NewEncoderOptions {
  private static final int HEAD_DIM = 64;
  private static final int LONGEST = 512;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "Go on with the model in this Hugging Face folder, or of this name on the Hub. Default: a new one from nothing.")
  private Path model;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "How to make and train a new model: bert, or cramming (a ModernBERT, 0.3 of the tokens"
              + " masked, no dropout, AdamW's eps 1e-12, gradients clipped to 0.5). What is given"
              + " beside it counts. Default: bert.")
  private Recipe recipe;

  @Option(
      names = "--tokenizer",
      paramLabel = "KIND",
      description =
          "How text is cut into tokens: wordpiece, as BERT has it, or bpe, bytes in pairs as RoBERTa"
              + " has it, to which nothing is unknown. Default: wordpiece.")
  private Kind kind;

  @Option(
      names = "--vocab-size",
      paramLabel = "N",
      description = "Tokens of the vocabulary that is made of the corpus. Default: 8000.")
  private Integer vocabularySize;

  @Option(names = "--cased", description = "Tell capital letters and accents apart. Default: not.")
  private boolean cased;

  @Option(names = "--layers", paramLabel = "N", description = "Default: 4.")
  private Integer layers;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "The width of the model, a multiple of the heads. Default: 256.")
  private Integer hidden;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads. Default: one for 64 of the width.")
  private Integer heads;

  @Option(
      names = "--intermediate",
      paramLabel = "N",
      description =
          "The width of the layers' inner part. Default: 4 times that of the model; of a gated one"
              + " two thirds of it.")
  private Integer intermediate;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Of a new model; also in its config.json, for what follows. Default: 0.1, with cramming"
              + " 0; for one pass over much text 0 learns more.")
  private Double dropout;

  private enum Kind {
    WORDPIECE,
    BPE
  }

  @Mixin private TokenOptions tokens;

  private String name; // of a model that got more tokens; null: as the folder

  public void check(CommandLine command) {
    model = ModelOption.folder(command, "--model", model);
    tokens.check(command, model);
    if (model != null
        && (recipe != null
            || kind != null
            || vocabularySize != null
            || cased
            || layers != null
            || hidden != null
            || heads != null
            || intermediate != null
            || dropout != null)) {
      throw new ParameterException(
          command,
          "--recipe, --tokenizer, --vocab-size, --cased, --layers, --hidden, --heads, --intermediate"
              + " and --dropout are for a new model; --model "
              + model
              + " has its own");
    }
    if (cased && kind == Kind.BPE) {
      throw new ParameterException(
          command, "--cased is for --tokenizer wordpiece; bpe always tells capital letters apart");
    }
    RunOptions.atLeast(command, "--layers", layers, 1);
    RunOptions.atLeast(command, "--hidden", hidden, 1);
    RunOptions.atLeast(command, "--heads", heads, 1);
    RunOptions.atLeast(command, "--intermediate", intermediate, 1);
    RunOptions.atLeast(command, "--vocab-size", vocabularySize, 6);
    if (hidden() % heads() != 0) {
      throw new ParameterException(
          command, "--hidden %d is no multiple of --heads %d".formatted(hidden(), heads()));
    }
    String refusal = recipe().refusal(hidden(), heads());
    if (refusal != null) {
      throw new ParameterException(command, refusal);
    }
    if (dropout != null && !(dropout >= 0 && dropout < 1)) {
      throw new ParameterException(
          command, "--dropout " + dropout + ": a number from 0, less than 1");
    }
  }

  public boolean isNew() {
    return model == null;
  }

  /** How a new model is made; of one that there is BERT's, whose masks are the usual ones. */
  public Recipe recipe() {
    return recipe == null ? Recipe.BERT : recipe;
  }

  private int layers() {
    return layers == null ? 4 : layers;
  }

  /** The width of a new model. */
  public int hidden() {
    return hidden == null ? 256 : hidden;
  }

  private int heads() {
    return heads == null ? Math.max(1, hidden() / HEAD_DIM) : heads;
  }

  /**
   * What is said of where the model comes from.
   *
   * @param architecture what that of a new one is called
   */
  public String name(String architecture) {
    return model == null
        ? "a new %s of %d layers, %d wide".formatted(architecture, layers(), hidden())
        : name == null ? ModelNames.of(model.toString()) : name;
  }

  /** Goes on with the same model and more tokens, if there are any to be added. */
  public void addTokens(CommandLine command) {
    name = model == null ? null : ModelNames.of(model.toString());
    model = tokens.apply(model, command.getOut());
  }

  public boolean addsTokens() {
    return tokens.isGiven();
  }

  /** Deletes what {@link #addTokens} wrote. */
  public void close() {
    tokens.delete();
  }

  /** The folder of the model that there is; null for a new one. */
  public Path folder() {
    return model;
  }

  /** The tokenizer of the model, or one that is made of the corpus. */
  public Tokenizer tokenizer(Corpus corpus) {
    if (model != null) {
      return Tokenizer.fromPretrained(model);
    }
    int size = vocabularySize == null ? 8_000 : vocabularySize;
    try (Progress progress = new Progress()) {
      return kind == Kind.BPE
          ? ByteLevelBpeTrainer.of(size).listener(progress.vocabulary()).train(corpus.texts())
          : WordPieceTrainer.of(size)
              .lowercase(!cased)
              .listener(progress.vocabulary())
              .train(corpus.texts());
    }
  }

  /**
   * The model, with a new head if there is none.
   *
   * @param <M> the kind of model
   * @param newModel makes one that has learnt nothing
   * @param forTraining loads one of a folder
   */
  public <M> M model(
      Tokenizer tokenizer,
      int maxLength,
      Function<EncoderConfig, M> newModel,
      Function<Path, M> forTraining) {
    if (model != null) {
      return forTraining.apply(model);
    }
    return newModel.apply(recipe().config(tokenizer, size(maxLength), dropout()));
  }

  /** The sizes of a new BERT, which an ELECTRA shares. */
  public BertConfig bert(Tokenizer tokenizer, int maxLength) {
    return Recipe.bert(tokenizer, size(maxLength), dropout());
  }

  private Recipe.Size size(int maxLength) {
    return new Recipe.Size(
        hidden(),
        layers(),
        heads(),
        intermediate == null ? recipe().intermediate(hidden()) : intermediate,
        Math.max(LONGEST, maxLength));
  }

  private double dropout() {
    return dropout == null ? recipe().dropout() : dropout;
  }
}
