package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import java.nio.file.Path;

/**
 * A kind of head: what config.json and checkpoints call it. Each {@link EncoderModel} has one.
 *
 * @param model the class here, for messages
 * @param name what Hugging Face's classes are called behind the architecture's name, such as {@code
 *     TokenClassification} of BertForTokenClassification
 * @param reads what the head is for, in messages, such as {@code tokens}
 * @param weight the parameter that shows that a checkpoint has the head, such as {@code
 *     classifier.weight}; where architectures differ BERT's name, see {@link
 *     Architecture#headName(HeadType, String)}; null for a head without weights, whose folders hold
 *     an encoder alone
 * @param pooler whether it needs the encoder's pooler; otherwise the encoder loses it
 */
public record HeadType(
    Class<? extends EncoderModel<?>> model,
    String name,
    String reads,
    String weight,
    boolean pooler) {

  /**
   * Whether config.json of a Hugging Face folder names this head.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public boolean isIn(Path folder) {
    ModelFolder.recover(folder);
    return HeadJson.namesHead(ConfigJson.of(folder), name);
  }
}
