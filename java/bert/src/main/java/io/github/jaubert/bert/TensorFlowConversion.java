package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.TensorFlowWeights;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes Hugging Face folders of checkpoints that TensorFlow wrote. */
public final class TensorFlowConversion {
  private TensorFlowConversion() {}

  /**
   * Writes all that the checkpoint of a BERT holds, its pooler and its heads included, so that the
   * folder serves as an encoder as well as for masked tokens. config.json calls it {@code
   * BertForPreTraining}, {@code BertForMaskedLM} or {@code BertModel}, by what is there.
   *
   * @param checkpoint see {@link TensorFlowWeights#open}
   * @param tokenizer whose files are put beside the weights
   * @throws CheckpointException if a file is missing, truncated or damaged, it is no BERT's, or the
   *     folder cannot be written; an earlier model there is then untouched
   */
  public static void convert(Path checkpoint, Path folder, Tokenizer tokenizer) {
    List<Parameter> parameters = new ArrayList<>();
    try (TensorFlowWeights weights = TensorFlowWeights.open(checkpoint)) {
      EncoderConfig config =
          Architectures.readConfig(ConfigJson.of(weights.source(), weights.config()));
      CheckpointLoader.of(config, weights, Bert.ARCHITECTURE.prefix() + ".");
      for (String name : weights.names()) {
        Tensor values = Tensor.of(weights.floats(name), weights.shape(name).toArray());
        parameters.add(new Parameter(name, values.unscoped()));
      }
      ObjectNode json = PretrainedFolder.config(config, kind(weights.names()));
      PretrainedFolder.write(
          folder, parameters, PretrainedFolder.besideWeights(json, tokenizer.files()));
    } finally {
      parameters.forEach(parameter -> parameter.tensor().close());
    }
  }

  private static String kind(Set<String> names) {
    if (names.contains(PreTrainingModel.TYPE.weight())) {
      return "For" + PreTrainingModel.TYPE.name();
    }
    return names.contains(MaskedLanguageModel.TYPE.weight())
        ? "For" + MaskedLanguageModel.TYPE.name()
        : "Model";
  }
}
