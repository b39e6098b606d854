package io.github.jaubert.bert;

import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/** First values as Hugging Face gives them. */
final class BertInit {
  private BertInit() {}

  static void all(Block model, BertConfig config) {
    model.parameters().forEach(parameter -> initialise(parameter, config));
  }

  /** Normal for weights, with zeros for the padding token; 1 and 0 for LayerNorm; 0 for biases. */
  static void initialise(Parameter parameter, BertConfig config) {
    Tensor tensor = parameter.tensor();
    if (parameter.name().endsWith(".bias")) {
      tensor.fill(0);
    } else if (parameter.name().endsWith("LayerNorm.weight")) {
      tensor.fill(1);
    } else {
      try (Tensor drawn =
          Init.normal((float) config.initializerRange(), tensor.shape().toArray())) {
        tensor.copyFrom(drawn);
      }
      if (parameter.name().endsWith("word_embeddings.weight")) {
        try (Scope scope = Scope.open()) {
          tensor
              .detach()
              .narrow(0, config.padTokenId(), 1)
              .fill(0); // shares the memory of the table
        }
      }
    }
  }
}
