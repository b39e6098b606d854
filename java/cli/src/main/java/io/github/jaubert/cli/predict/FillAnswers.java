package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.MaskFill;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What may stand at the masked places of texts. */
public final class FillAnswers implements Answers {
  private final FillMask fill;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param json whether an answer is an object
   */
  public FillAnswers(FillMask fill, boolean json) {
    this.fill = fill;
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return fill;
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<List<MaskFill>>> fills = fill.ofAll(texts);
    return IntStream.range(0, texts.size())
        .mapToObj(i -> json ? asJson(texts.get(i), fills.get(i)) : asText(fills.get(i)))
        .toList();
  }

  /** As {@code paris 0.417, lille 0.071}; several masks with a bar between. */
  private static String asText(List<List<MaskFill>> masks) {
    return masks.stream()
        .map(best -> best.stream().map(MaskFill::toString).collect(Collectors.joining(", ")))
        .collect(Collectors.joining(" | "))
        .replaceAll("[\r\n]+", " ");
  }

  /** With the names that transformers has. */
  private static String asJson(String text, List<List<MaskFill>> masks) {
    ObjectNode node = JsonFiles.object();
    node.put("text", text);
    ArrayNode array = node.putArray("masks");
    for (List<MaskFill> best : masks) {
      ArrayNode tokens = array.addArray();
      for (MaskFill token : best) {
        tokens
            .addObject()
            .put("score", token.score())
            .put("token", token.token())
            .put("token_str", token.word())
            .put("sequence", token.sequence());
      }
    }
    return node.toString();
  }
}
