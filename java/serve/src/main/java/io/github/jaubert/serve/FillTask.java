package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.MaskFill;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.List;

/** Tokens for masked places. */
record FillTask(FillMask fill) implements ServedTask {
  private static final int USUAL_TOP = 5;

  @Override
  public String name() {
    return "fill-mask";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    List<String> texts = inputs.only("top_k", "targets").texts();
    // Each has a probability for every token of the vocabulary.
    inputs.requireFew(texts.stream().mapToLong(this::masks).sum());
    List<String> targets = inputs.words("targets");
    return new Answering<>(
        fill.prepare(
            texts,
            inputs.count("top_k", USUAL_TOP),
            targets == null ? new String[0] : targets.toArray(String[]::new)),
        ServedTask.answers(inputs, FillTask::json));
  }

  private long masks(String text) {
    String mask = fill.mask();
    long count = 0;
    for (int at = text.indexOf(mask); at >= 0; at = text.indexOf(mask, at + mask.length())) {
      count++;
    }
    return count;
  }

  /** Of one mask the fills, of several a list for each. */
  private static JsonNode json(List<List<MaskFill>> masks) {
    return masks.size() == 1
        ? ServedTask.list(masks.get(0), FillTask::json)
        : ServedTask.list(masks, fills -> ServedTask.list(fills, FillTask::json));
  }

  private static JsonNode json(MaskFill fill) {
    return JsonFiles.object()
        .put("score", fill.score())
        .put("token", fill.token())
        .put("token_str", fill.word())
        .put("sequence", fill.sequence());
  }

  @Override
  public JsonNode example() {
    return ServedTask.example("The capital of France is " + fill.mask() + ".");
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(fill);
  }
}
