package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** What a model says of texts, a line each. */
public interface Answers extends AutoCloseable {
  /** The keys of an answer that repeat the texts. */
  Set<String> GIVEN = Set.of("text", "pair", "question", "query", "passage", "prompt");

  /** The model and its tokenizer. */
  Pipeline<?, ?> pipeline();

  /**
   * The answers to some texts.
   *
   * @param second the second texts, or null
   */
  List<String> lines(List<String> texts, List<String> second);

  /**
   * The same as columns, a row each. Unless said otherwise what {@link #lines} says: the keys of an
   * object but for those that repeat the texts, or a column {@code prediction}.
   */
  default List<ObjectNode> cells(List<String> texts, List<String> second) {
    return lines(texts, second).stream()
        .map(
            line ->
                line.startsWith("{")
                    ? JsonFiles.parseObject("answer", line.getBytes(StandardCharsets.UTF_8))
                        .without(GIVEN)
                    : JsonFiles.object().put("prediction", line))
        .toList();
  }

  /** Frees the model. */
  @Override
  default void close() {
    pipeline().close();
  }
}
