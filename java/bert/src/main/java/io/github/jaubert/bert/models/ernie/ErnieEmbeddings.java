package io.github.jaubert.bert.models.ernie;

import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.Init;
import io.github.jaubert.tensor.Tensor;

/** BERT's embeddings, and where the config says so that of the first task, for all tokens. */
final class ErnieEmbeddings extends TokenEmbeddings {
  private final Embedding task; // null: there is none

  /** Embeddings whose parameters have no sensible values yet. */
  ErnieEmbeddings(ErnieConfig config) {
    super(config, config.layerNormEps(), config.bert().hiddenDropoutProb());
    task =
        config.useTaskId()
            ? add(
                "task_type_embeddings",
                Embedding.of(Init.zeros(config.taskTypeVocabSize(), config.hiddenSize())))
            : null;
  }

  /** A token has one segment and one task, so the sum may be made once for each segment. */
  @Override
  protected Tensor segments() {
    Tensor segments = super.segments();
    return task == null ? segments : segments.add(task.weight().narrow(0, 0, 1));
  }
}
