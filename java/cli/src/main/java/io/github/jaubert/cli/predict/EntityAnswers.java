package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Aggregation;
import io.github.jaubert.bert.pipeline.Entity;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.TokenClassification;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Entities in texts. */
public final class EntityAnswers implements Answers {
  /** Only the first token of a word learns its label. */
  public static final Aggregation USUAL = Aggregation.FIRST;

  /** What is said of a text without any. */
  public static final String NONE = "none";

  private final TokenClassification tagger;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param json whether an answer is an object
   */
  public EntityAnswers(TokenClassification tagger, Aggregation aggregation, boolean json) {
    this.tagger = tagger.aggregation(aggregation);
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return tagger;
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<Entity>> found = tagger.ofAll(texts);
    return IntStream.range(0, texts.size())
        .mapToObj(
            i -> json ? asJson(texts.get(i), found.get(i)) : asText(texts.get(i), found.get(i)))
        .toList();
  }

  /** As {@code Anna Meier PER 0.998, Berlin LOC 0.971}, in the spelling of the text. */
  private static String asText(String text, List<Entity> entities) {
    return entities.isEmpty()
        ? NONE
        : entities.stream()
            .map(
                entity ->
                    String.format(
                        Locale.ROOT,
                        "%s %s %.3f",
                        text.substring(entity.start(), entity.end()).strip(),
                        entity.label(),
                        entity.score()))
            .collect(Collectors.joining(", "))
            .replaceAll("[\r\n]+", " ");
  }

  private static String asJson(String text, List<Entity> entities) {
    ObjectNode node = JsonFiles.object();
    node.put("text", text);
    ArrayNode array = node.putArray("entities");
    for (Entity entity : entities) {
      array
          .addObject()
          .put("label", entity.label())
          .put("score", entity.score())
          .put("text", text.substring(entity.start(), entity.end()))
          .put("start", entity.start())
          .put("end", entity.end());
    }
    return node.toString();
  }
}
