package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.Pipelines;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** What a served model is for: how its requests are understood and its answers written. */
interface ServedTask {
  /** The pipeline with which transformers does the same, such as {@code text-classification}. */
  String name();

  /**
   * Understands a request and tokenises it.
   *
   * @throws RequestException if it cannot be understood, or asks for too much
   * @throws IllegalArgumentException if the pipeline refuses it
   */
  Answering<?> prepare(Inputs inputs);

  /** A request that can be tried. */
  JsonNode example();

  /** What answers; to be closed once there are no more requests. */
  List<Pipeline<?, ?>> pipelines();

  /**
   * Loads the model of a folder for what it was trained for.
   *
   * @throws CheckpointException if it cannot be loaded
   */
  static ServedTask open(Path folder) {
    if (QuestionAnswerer.isIn(folder)) {
      return new QuestionTask(Pipelines.questionAnswering(folder));
    }
    if (SequenceClassifier.isCrossEncoder(folder)) {
      return new RerankTask(Pipelines.rerank(folder));
    }
    if (MultipleChoiceModel.isIn(folder)) {
      return new ChoiceTask(Pipelines.multipleChoice(folder));
    }
    if (SentenceClassifier.isIn(folder)) {
      return new SentenceLabelTask(Pipelines.sentenceClassification(folder));
    }
    if (SentenceEncoder.isIn(folder)) {
      return new VectorTask(Pipelines.embeddings(folder));
    }
    if (TokenClassifier.isIn(folder)) {
      return new EntityTask(Pipelines.tokenClassification(folder));
    }
    if (MaskedLanguageModel.isIn(folder)) {
      return new FillTask(Pipelines.fillMask(folder));
    }
    return LabelTask.open(folder);
  }

  // ---- what tasks share ----

  /** A list of what each gives. */
  static <T> ArrayNode list(List<T> all, Function<T, JsonNode> json) {
    ArrayNode list = JsonFiles.object().arrayNode();
    all.forEach(one -> list.add(json.apply(one)));
    return list;
  }

  /** The answers of a request: a list if it had a list. */
  static <T> Function<List<T>, JsonNode> answers(Inputs inputs, Function<T, JsonNode> json) {
    return inputs.isSingle() ? all -> json.apply(all.get(0)) : all -> list(all, json);
  }

  /** Where something is in a text in characters as Python counts them. */
  static int codePoints(String text, int index) {
    return text.codePointCount(0, index);
  }

  static ObjectNode example(JsonNode inputs) {
    return JsonFiles.object().set("inputs", inputs);
  }

  static ObjectNode example(String inputs) {
    return JsonFiles.object().put("inputs", inputs);
  }
}
