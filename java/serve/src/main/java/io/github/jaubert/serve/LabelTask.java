package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.Prepared;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.pipeline.ZeroShotClassification;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Labels of texts or pairs of texts; and by a model of natural language inference any labels, those
 * of the parameter {@code candidate_labels}.
 */
final class LabelTask implements ServedTask {
  private static final String LABELS = "candidate_labels";

  private final TextClassification classify;
  private final ZeroShotClassification zeroShot; // null if the model knows no entailment

  private LabelTask(TextClassification classify, ZeroShotClassification zeroShot) {
    this.classify = classify;
    this.zeroShot = zeroShot;
  }

  static LabelTask open(Path folder) {
    TextClassification classify = Pipelines.textClassification(folder);
    try {
      boolean entails =
          classify.labels().names().stream()
              .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("entail"));
      return new LabelTask(classify, entails ? Pipelines.zeroShotClassification(folder) : null);
    } catch (RuntimeException | Error e) {
      classify.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return zeroShot == null ? "text-classification" : "zero-shot-classification";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    if (zeroShot != null && inputs.has(LABELS)) {
      return anyLabels(inputs);
    }
    List<String> texts = new ArrayList<>();
    List<String> pairs = new ArrayList<>();
    for (JsonNode one : inputs.only("top_k").all()) {
      if (one.isTextual()) {
        texts.add(one.asText());
      } else {
        Inputs.object(one, Set.of("text", "text_pair"));
        texts.add(Inputs.text(one, "text"));
        pairs.add(Inputs.text(one, "text_pair"));
      }
    }
    if (!pairs.isEmpty() && pairs.size() != texts.size()) {
      throw RequestException.bad("inputs: texts and pairs of texts in one list");
    }
    return labelled(inputs, classify.prepare(texts, pairs.isEmpty() ? null : pairs));
  }

  private Answering<?> anyLabels(Inputs inputs) {
    inputs.only(LABELS, "hypothesis_template", "multi_label");
    List<String> texts = inputs.texts();
    List<String> labels = inputs.words(LABELS);
    inputs.requireFew((long) texts.size() * labels.size());
    String template = inputs.word("hypothesis_template", ZeroShotClassification.USUAL_TEMPLATE);
    boolean several = inputs.flag("multi_label");
    return labelled(inputs, zeroShot.prepare(texts, labels, template, several));
  }

  /** The answer to a request for labels, cut to {@code top_k}. */
  static Answering<List<List<LabelScore>>> labelled(
      Inputs inputs, Prepared<List<List<LabelScore>>> prepared) {
    int top = inputs.count("top_k", Integer.MAX_VALUE);
    return new Answering<>(
        prepared,
        ServedTask.answers(
            inputs,
            scores ->
                ServedTask.list(scores.subList(0, Math.min(top, scores.size())), LabelTask::json)));
  }

  private static JsonNode json(LabelScore score) {
    return JsonFiles.object().put("label", score.label()).put("score", score.score());
  }

  @Override
  public JsonNode example() {
    if (zeroShot == null) {
      return ServedTask.example("A film that one likes to see again.");
    }
    ObjectNode request = ServedTask.example("The team won in the last minute.");
    request.putObject("parameters").putArray(LABELS).add("sport").add("politics").add("cooking");
    return request;
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return zeroShot == null ? List.of(classify) : List.of(classify, zeroShot);
  }
}
