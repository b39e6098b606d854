package io.github.jaubert.cli.options;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.demo.MiniLm;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say which model to begin with. */
public final class EncoderOptions {
  /** The model that comes with the command. */
  public static final String MINILM = "all-MiniLM-L6-v2";

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "A Hugging Face folder, or the name on Hugging Face's Hub, of a BERT, RoBERTa,"
              + " XLM-RoBERTa, CamemBERT, MPNet, DeBERTa (v2, v3), ALBERT, DistilBERT, ELECTRA,"
              + " ERNIE, ModernBERT, Nomic BERT or GTE. Default: all-MiniLM-L6-v2, which comes with the command.")
  private Path model;

  @Option(
      names = "--new-head",
      description =
          "Begin with a new head even if the model has one; its labels may then have any names.")
  private boolean newHead;

  @Mixin private TokenOptions tokens;

  private String name; // of a model that got more tokens; null: as the folder

  public void check(CommandLine command) {
    model = ModelOption.folder(command, "--model", model);
    tokens.check(command, model);
  }

  /** Goes on with the same model and more tokens, if there are any to be added. */
  public void addTokens(CommandLine command) {
    name = name();
    model = tokens.apply(model, command.getOut());
  }

  public boolean addsTokens() {
    return tokens.isGiven();
  }

  /** Deletes what {@link #addTokens} wrote. */
  public void close() {
    tokens.delete();
  }

  /**
   * What the model is called on the Hub, its folder, or what the one that comes with it is called.
   */
  public String name() {
    return name != null ? name : model == null ? MINILM : ModelNames.of(model.toString());
  }

  /** The folder; null for the model that comes with the command. */
  public Path folder() {
    return model;
  }

  public boolean isNewHead() {
    return newHead;
  }

  public Tokenizer tokenizer() {
    return model == null ? MiniLm.tokenizer() : Tokenizer.fromPretrained(model);
  }

  /**
   * A classifier with the head that there is if it fits, or else a new one.
   *
   * @param headOutputs how many outputs its head in a folder has
   * @param fromPretrained loads it with the head of a folder
   * @param newHead puts a new head on an encoder
   */
  public <M> M classifier(
      CommandLine command,
      Labels labels,
      ToIntFunction<Path> headOutputs,
      BiFunction<Path, Labels, M> fromPretrained,
      BiFunction<Encoder, Labels, M> newHead) {
    return keepsHead(command, model == null ? 0 : headOutputs.applyAsInt(model), labels)
        ? fromPretrained.apply(model, labels)
        : newHead.apply(encoder(), labels);
  }

  /** A model for questions, with the head that there is, or else a new one. */
  public QuestionAnswerer questionAnswerer() {
    return model == null || newHead
        ? QuestionAnswerer.of(encoder())
        : QuestionAnswerer.forTraining(model);
  }

  /** A model that chooses, with the head that there is, or else a new one. */
  public MultipleChoiceModel multipleChoice() {
    return model == null || newHead
        ? MultipleChoiceModel.of(encoder())
        : MultipleChoiceModel.forTraining(model);
  }

  /**
   * An encoder of sentences.
   *
   * @param pooling null for that of the folder
   */
  public SentenceEncoder sentenceEncoder(Pooling pooling) {
    if (pooling != null) {
      return SentenceEncoder.of(encoder(), pooling);
    }
    return model == null ? MiniLm.sentenceEncoder() : SentenceEncoder.fromPretrained(model);
  }

  /**
   * An encoder of tokens for late interaction, with the projection that there is, or else a new
   * one.
   *
   * @param dimensions of a token's vector; null for those of the folder, or the usual ones
   */
  public MultiVectorEncoder multiVectorEncoder(
      CommandLine command, Tokenizer tokenizer, Integer dimensions) {
    if (model == null || newHead || !MultiVectorEncoder.isIn(model)) {
      return MultiVectorEncoder.of(
          encoder(), tokenizer, dimensions == null ? MultiVectorEncoder.DIMENSIONS : dimensions);
    }
    MultiVectorEncoder loaded = MultiVectorEncoder.fromPretrained(model);
    int own = loaded.dimensions();
    if (dimensions != null && dimensions != own) {
      loaded.close();
      throw new ParameterException(
          command,
          "--token-dimensions %d: %s has %d; --new-head begins with a new projection"
              .formatted(dimensions, model, own));
    }
    return loaded;
  }

  private Encoder encoder() {
    return model == null ? MiniLm.encoder() : Encoder.fromPretrained(model);
  }

  /** A head that was trained for something else is of no use here. */
  private boolean keepsHead(CommandLine command, int outputs, Labels labels) {
    if (model == null || newHead) {
      return false;
    }
    boolean fits = outputs == 0 || outputs == labels.size();
    if (!fits) {
      command
          .getOut()
          .printf("a new head, for that of %s has %s%n", model, Figures.counted(outputs, "output"));
    }
    return fits;
  }
}
