package io.github.jaubert.bert;

import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A kind of encoder: how a checkpoint calls what it has, and how its config.json is read. {@link
 * Architectures#register} makes it known to {@code fromPretrained}.
 */
public interface Architecture {
  /**
   * One whose names are those that an implementation inherits.
   *
   * @param readConfig see {@link #readConfig}
   * @param parts see {@link #parts}
   */
  static Architecture of(
      String modelType,
      String className,
      Function<ConfigJson, EncoderConfig> readConfig,
      String... parts) {
    return new PlainArchitecture(modelType, className, readConfig, Set.of(parts));
  }

  /** The {@code model_type} of config.json, such as {@code distilbert}. */
  String modelType();

  /** What the names of Hugging Face's classes begin with, such as {@code DistilBert}. */
  String className();

  /** What messages call it. */
  default String name() {
    return className();
  }

  /** The encoder's name in a model with a head: parameters are called {@code distilbert.…}. */
  default String prefix() {
    return modelType();
  }

  /** The names of the encoder's own children; any other name in a checkpoint is a head's. */
  Set<String> parts();

  /** The name of the word embeddings, {@code [vocabulary, hidden]}. */
  default String wordEmbeddings() {
    return "embeddings.word_embeddings.weight";
  }

  /** Where the layers lie: the first is called by this with {@code .0} behind it. */
  default String layers() {
    return "encoder.layer";
  }

  /**
   * What checkpoints call a parameter, or a layer, of a head that BERT's call {@code name}, such as
   * {@code vocab_projector.bias} for {@code cls.predictions.bias}.
   */
  default String headName(String name) {
    return name;
  }

  /**
   * The same of a head of one kind, where a name means another thing in each, such as {@code
   * classifier.out_proj} for the {@code classifier} of whole texts alone.
   */
  default String headName(HeadType head, String name) {
    return headName(name);
  }

  /**
   * The linear layers that low-rank adapters are for unless others are named, by the ends of their
   * names: those of queries and values, as in PEFT.
   */
  default List<String> loraTargets() {
    return List.of("query", "value");
  }

  /** What config.json calls a field of BERT's, such as {@code n_layers}. */
  default String field(String name) {
    return name;
  }

  /**
   * Reads config.json.
   *
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if a value is not possible
   */
  EncoderConfig readConfig(ConfigJson json);

  /** Today's name of an encoder's or a head's parameter that old checkpoints call otherwise. */
  default String currentName(String name) {
    return name;
  }
}
