package io.github.jaubert.bert.models.roberta;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertBasedConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of a RoBERTa or one of its likes, named as in Hugging Face's config.json.
 * Immutable.
 *
 * @param modelType {@code roberta}, {@code xlm-roberta} or {@code camembert}
 * @param bert all others, which BERT has too. Of its maxPositionEmbeddings rows those up to
 *     padTokenId are never read: {@link #maxPositionEmbeddings} is what is left
 */
public record RobertaConfig(String modelType, BertConfig bert) implements BertBasedConfig {
  private static final int PAD = 1;

  /** Checks the values. */
  public RobertaConfig {
    Objects.requireNonNull(bert, "bert");
    Roberta.architecture(modelType);
    if (bert.maxPositionEmbeddings() <= bert.padTokenId() + 1) {
      throw new IllegalArgumentException(
          "max_position_embeddings is %d, but the first position is that behind pad_token_id %d"
              .formatted(bert.maxPositionEmbeddings(), bert.padTokenId()));
    }
  }

  /**
   * RoBERTa-base of Liu et al. 2019: the layers of BERT-base, 50,265 tokens, 512 positions, 125
   * million parameters.
   */
  public static RobertaConfig robertaBase() {
    return new RobertaConfig("roberta", base(50_265, 1e-5, 514, 1));
  }

  /** RoBERTa-large: the layers of BERT-large, 355 million parameters. */
  public static RobertaConfig robertaLarge() {
    return robertaBase().with(bert -> bert.withEncoder(1024, 24, 16, 4096));
  }

  /**
   * XLM-RoBERTa-base of Conneau et al. 2020: RoBERTa-base with 250,002 tokens of a hundred
   * languages, 278 million parameters.
   */
  public static RobertaConfig xlmRobertaBase() {
    return new RobertaConfig("xlm-roberta", base(250_002, 1e-5, 514, 1));
  }

  /** CamemBERT-base of Martin et al. 2020: RoBERTa-base for French, 111 million parameters. */
  public static RobertaConfig camembertBase() {
    return new RobertaConfig("camembert", base(32_005, 1e-5, 514, 1));
  }

  private static BertConfig base(int vocabSize, double eps, int positions, int types) {
    return new BertConfig(
        vocabSize, 768, 12, 12, 3072, "gelu", 0.1, 0.1, positions, types, 0.02, eps, PAD, null);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public RobertaConfig with(UnaryOperator<BertConfig> change) {
    return new RobertaConfig(modelType, change.apply(bert));
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return Roberta.architecture(modelType);
  }

  @Override
  public Roberta newEncoder() {
    return new Roberta(this);
  }

  /** The longest sequence: the rows of the table that lie behind that of padding. */
  @Override
  public int maxPositionEmbeddings() {
    return positionRows() - firstPosition();
  }

  @Override
  public int positionRows() {
    return bert.maxPositionEmbeddings();
  }

  /** The row of the position table that the first token of a sequence has. */
  int firstPosition() {
    return bert.padTokenId() + 1;
  }

  /** Its tokenizers know no segments: all tokens are of the first, as many as there are. */
  @Override
  public boolean readsTypes() {
    return false;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is of none of the three, or has a value that is
   *     not possible
   */
  public static RobertaConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static RobertaConfig read(ConfigJson json) {
    String type = json.text("model_type", Roberta.ARCHITECTURE.modelType());
    Architecture architecture = json.checked(() -> Roberta.architecture(type));
    int tokens = architecture.equals(Roberta.ARCHITECTURE) ? 50_265 : 30_522;
    BertConfig bert = BertConfig.read(json, base(tokens, 1e-12, 512, 2));
    return json.checked(() -> new RobertaConfig(type, bert));
  }
}
