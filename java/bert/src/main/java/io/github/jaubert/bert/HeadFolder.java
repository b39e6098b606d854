package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Shape;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.Supplier;

/** A Hugging Face folder, or a checkpoint like it, from which an encoder with a head is loaded. */
final class HeadFolder implements AutoCloseable {
  private final String source;
  private final HeadType type;
  private final ConfigJson json;
  private final EncoderConfig config;
  private final StateDict weights;
  private final Supplier<TokenizerFiles> tokenizer;
  private final CheckpointLoader loader;
  private final String other; // the architecture that config.json names, if its head is another

  private HeadFolder(
      String source,
      HeadType type,
      ConfigJson json,
      StateDict weights,
      Supplier<TokenizerFiles> tokenizer) {
    this.source = source;
    this.type = type;
    this.json = json;
    this.weights = weights;
    this.tokenizer = tokenizer;
    config = Architectures.readConfig(json);
    loader = CheckpointLoader.of(config, weights, prefix());
    other = HeadJson.otherHead(json, type.name());
  }

  /**
   * Reads config.json and the names of the weights.
   *
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  static HeadFolder open(Path folder, HeadType type) {
    ModelFolder.recover(folder);
    ConfigJson json = ConfigJson.of(folder);
    // What is wrong there comes before what is with the weights.
    EncoderConfig config = Architectures.readConfig(json);
    return of(
        folder.toString(),
        type,
        json,
        LoraFolder.openWeights(folder, config.architecture()),
        () -> TokenizerFiles.readIfPresent(folder));
  }

  /**
   * The same of weights that lie elsewhere, which are closed with it.
   *
   * @param source what messages call it
   * @param tokenizer gives the files beside the weights, or null
   */
  static HeadFolder of(
      String source,
      HeadType type,
      ConfigJson json,
      StateDict weights,
      Supplier<TokenizerFiles> tokenizer) {
    try {
      return new HeadFolder(source, type, json, weights, tokenizer);
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  private String prefix() {
    return config.architecture().prefix() + ".";
  }

  String source() {
    return source;
  }

  ConfigJson json() {
    return json;
  }

  HeadType type() {
    return type;
  }

  /** Whether config.json names a head of another kind. */
  boolean hasOtherHead() {
    return other != null;
  }

  /**
   * Whether there is no head of the type, nor of another whose weights have the same names. What
   * there is of the head is then as good as any: ModernBERT's all begin alike.
   */
  boolean lacksHead() {
    return other == null && head() == null;
  }

  /** What the checkpoint calls the weight that shows that it has a head of the type. */
  String weight() {
    return config.architecture().headName(type, type.weight());
  }

  /** The shape of the head's weight; null if there is no head of the type. */
  Shape head() {
    return other == null && type.weight() != null ? loader.shape(weight()) : null;
  }

  /**
   * Loads a model.
   *
   * @param newModel puts a new head on an encoder
   * @param withHead whether to take the head of the folder; otherwise it is a new one
   * @param forTraining what makes a model for training of the folder where something is missing,
   *     for the message; null: what is missing gets first values, as this one is for training
   * @throws CheckpointException if a shape differs, or something is missing
   */
  <M extends EncoderModel<M>> M load(
      Function<Encoder, M> newModel, boolean withHead, String forTraining) {
    if (type.weight() != null && head() == null && forTraining != null) {
      throw new CheckpointException(
          source,
          (other == null
                  ? "holds an encoder without '" + weight() + "'"
                  : "is a " + other + ", whose head is none for " + type.reads())
              + "; fine-tune it first: "
              + forTraining
              + " gives it a new head");
    }
    M model = newModel.apply(json.checked(config::newEncoder));
    try {
      if (!withHead) {
        loader.ignore(name -> !name.startsWith(prefix()));
      }
      model.copies().forEach(loader::tie);
      if (!model.encoder().keepsPooler(type)) {
        // And what reads it beside a head for masked tokens, as in Google's own checkpoints.
        loader.leaveOut(
            name ->
                name.startsWith(prefix() + "pooler.") || name.startsWith(PreTrainingModel.PAIRS));
      }
      if (forTraining != null) {
        loader.requireAll(model.parameters().stream().map(Parameter::name).toList(), forTraining);
      }
      loader.load(model, model.encoder());
      model.loaded(json, tokenizer.get(), source);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    model.eval();
    return model;
  }

  @Override
  public void close() {
    weights.close();
  }
}
