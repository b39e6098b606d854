package io.github.jaubert.bert.models.ernie;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertBasedConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of an ERNIE, named as in Hugging Face's config.json. Immutable.
 *
 * @param bert those that BERT has too: all but the next two
 * @param taskTypeVocabSize kinds of tasks
 * @param useTaskId whether embeddings have a vector of the task, as those of ERNIE 2.0 and 3.0;
 *     without it the model is BERT
 */
public record ErnieConfig(BertConfig bert, int taskTypeVocabSize, boolean useTaskId)
    implements BertBasedConfig {
  private static final String TASK_TYPES = "task_type_vocab_size";
  private static final int TASKS = 3;

  /** Checks the values. */
  public ErnieConfig {
    Objects.requireNonNull(bert, "bert");
    if (useTaskId) {
      ConfigJson.atLeastOne(TASK_TYPES, taskTypeVocabSize);
    }
  }

  /**
   * ERNIE 3.0-base for Chinese (Sun et al. 2021): the layers of BERT-base, 40,000 tokens, 2048
   * positions, 118 million parameters.
   */
  public static ErnieConfig ernie3Base() {
    BertConfig bert =
        new BertConfig(40_000, 768, 12, 12, 3072, "gelu", 0.1, 0.1, 2048, 4, 0.02, 1e-5, 0, null);
    return new ErnieConfig(bert, TASKS, true);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public ErnieConfig with(UnaryOperator<BertConfig> change) {
    return new ErnieConfig(change.apply(bert), taskTypeVocabSize, useTaskId);
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return Ernie.ARCHITECTURE;
  }

  @Override
  public Ernie newEncoder() {
    return new Ernie(this);
  }

  @Override
  public Activation headActivation() {
    return bert.activation();
  }

  @Override
  public double parameterCount() {
    return bert.parameterCount() + (useTaskId ? (double) taskTypeVocabSize * hiddenSize() : 0);
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>(bert.storedSizes());
    if (useTaskId) {
      sizes.add(new StoredSize(Ernie.TASKS, 0, TASK_TYPES, taskTypeVocabSize));
    }
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no ERNIE's, or has a value that is not
   *     possible
   */
  public static ErnieConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static ErnieConfig read(ConfigJson json) {
    json.mustBe("model_type", "ernie", "only ERNIE is read here");
    BertConfig bert = BertConfig.read(json, BertConfig.bertBase());
    return json.checked(
        () ->
            new ErnieConfig(
                bert, json.integer(TASK_TYPES, TASKS), json.flag("use_task_id", false)));
  }

  @Override
  public ObjectNode toJson() {
    return bert.toJson().put(TASK_TYPES, taskTypeVocabSize).put("use_task_id", useTaskId);
  }
}
