package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.albert.Albert;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.deberta.DebertaV2;
import io.github.jaubert.bert.models.distilbert.DistilBert;
import io.github.jaubert.bert.models.electra.Electra;
import io.github.jaubert.bert.models.ernie.Ernie;
import io.github.jaubert.bert.models.gte.Gte;
import io.github.jaubert.bert.models.modernbert.ModernBert;
import io.github.jaubert.bert.models.mpnet.MpNet;
import io.github.jaubert.bert.models.nomic.NomicBert;
import io.github.jaubert.bert.models.roberta.Roberta;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The architectures that {@code fromPretrained} knows, by the model_type of config.json. */
public final class Architectures {
  private static final Map<String, Architecture> KNOWN = new ConcurrentSkipListMap<>();

  static {
    register(Bert.ARCHITECTURE);
    register(Albert.ARCHITECTURE);
    register(DebertaV2.ARCHITECTURE);
    register(DistilBert.ARCHITECTURE);
    register(Electra.ARCHITECTURE);
    register(Ernie.ARCHITECTURE);
    register(Gte.ARCHITECTURE);
    register(Gte.NEW);
    register(ModernBert.ARCHITECTURE);
    register(MpNet.ARCHITECTURE);
    register(NomicBert.ARCHITECTURE);
    register(Roberta.ARCHITECTURE);
    register(Roberta.XLM_ROBERTA);
    register(Roberta.CAMEMBERT);
  }

  private Architectures() {}

  /**
   * Makes an architecture known; again is no matter.
   *
   * @throws IllegalArgumentException if another one has its model_type
   */
  public static void register(Architecture architecture) {
    Architecture there = KNOWN.putIfAbsent(architecture.modelType(), architecture);
    if (there != null && !there.equals(architecture)) {
      throw new IllegalArgumentException(
          "model_type '"
              + architecture.modelType()
              + "' is "
              + there.name()
              + "'s, and cannot be "
              + architecture.name()
              + "'s");
    }
  }

  /**
   * Reads config.json of a Hugging Face folder; without a model_type it is BERT's.
   *
   * @throws CheckpointException if it is missing, its model_type is not known, or it has a value
   *     that is not possible
   */
  public static EncoderConfig readConfig(Path folder) {
    return readConfig(ConfigJson.of(folder));
  }

  /** Whether one of them has names that begin so, as with {@code bert.}. */
  static boolean havePrefix(String start) {
    return KNOWN.values().stream().anyMatch(one -> start.equals(one.prefix() + "."));
  }

  static EncoderConfig readConfig(ConfigJson json) {
    String type = json.text("model_type", Bert.ARCHITECTURE.modelType());
    Architecture architecture = KNOWN.get(type);
    if (architecture == null) {
      throw new CheckpointException(
          json.file(),
          "model_type is '" + type + "': only " + String.join(", ", KNOWN.keySet()) + " are known");
    }
    return json.checked(() -> checked(architecture.readConfig(json)));
  }

  /** What every encoder needs, for configs that check nothing of their own. */
  private static EncoderConfig checked(EncoderConfig config) {
    Architecture names = config.architecture();
    ConfigJson.atLeastOne(names.field("vocab_size"), config.vocabSize());
    ConfigJson.atLeastOne(names.field("hidden_size"), config.hiddenSize());
    ConfigJson.atLeastOne(names.field("num_hidden_layers"), config.numHiddenLayers());
    ConfigJson.atLeastOne(names.field("max_position_embeddings"), config.maxPositionEmbeddings());
    ConfigJson.padding(config.padTokenId(), config.vocabSize());
    return config;
  }
}
