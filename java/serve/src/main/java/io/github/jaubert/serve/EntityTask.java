package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Aggregation;
import io.github.jaubert.bert.pipeline.Entity;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.TokenClassification;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** Parts of texts, such as names. */
record EntityTask(TokenClassification find) implements ServedTask {
  @Override
  public String name() {
    return "token-classification";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    Aggregation how = aggregation(inputs.only("aggregation_strategy"));
    List<String> texts = inputs.texts();
    Function<List<List<Entity>>, JsonNode> json =
        all -> {
          List<JsonNode> lists = new ArrayList<>();
          for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            lists.add(ServedTask.list(all.get(i), entity -> json(entity, text, how)));
          }
          return ServedTask.<JsonNode>answers(inputs, list -> list).apply(lists);
        };
    return new Answering<>(find.prepare(texts, how), json);
  }

  private static Aggregation aggregation(Inputs inputs) {
    String name = inputs.word("aggregation_strategy", "simple");
    return Stream.of(Aggregation.values())
        .filter(how -> how.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                RequestException.bad(
                    "aggregation_strategy: '%s'; none, simple, first, average or max", name));
  }

  private static JsonNode json(Entity entity, String text, Aggregation how) {
    return JsonFiles.object()
        .put(how == Aggregation.NONE ? "entity" : "entity_group", entity.label())
        .put("score", entity.score())
        .put("word", entity.word())
        .put("start", ServedTask.codePoints(text, entity.start()))
        .put("end", ServedTask.codePoints(text, entity.end()));
  }

  @Override
  public JsonNode example() {
    return ServedTask.example("Marie Curie was born in Warsaw and worked in Paris.");
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(find);
  }
}
