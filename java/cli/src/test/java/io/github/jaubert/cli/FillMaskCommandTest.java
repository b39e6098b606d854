package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may stand at a masked place, on the command line. */
class FillMaskCommandTest extends CommandFixture {
  private Path masked;

  @BeforeEach
  void makeMasked() {
    masked = folder.resolve("masked");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(model);
        MaskedLanguageModel made = MaskedLanguageModel.forTraining(model)) {
      made.save(masked, tokenizer);
    }
  }

  @Test
  void fillsTextsALineEach() throws IOException {
    String out =
        jaubert("fill-mask", "--model", masked, "the [MASK] was [MASK]", "[MASK]")
            .succeeded()
            .out();
    String five = "(\\S+ 0\\.\\d{3}, ){4}\\S+ 0\\.\\d{3}";
    assertTrue(out.matches(five + " \\| " + five + "\n" + five + "\n"), out);
    JsonNode json =
        new JsonMapper()
            .readTree(
                jaubert("fill-mask", "--json", "--model", masked, "--top", 3, "the [MASK]")
                    .succeeded()
                    .out());
    assertEquals("the [MASK]", json.path("text").asText());
    assertEquals(3, json.path("masks").path(0).size());
    JsonNode best = json.path("masks").path(0).path(0);
    assertTrue(best.path("score").asDouble() > 1.0 / 17, json.toString());
    assertTrue(out.length() > 0 && best.path("token").asInt() < 17, json.toString());
    boolean special = best.path("token").asInt() < 5;
    assertEquals(
        special ? "the" : "the " + best.path("token_str").asText(),
        best.path("sequence").asText().strip());
  }

  @Test
  void showsTargetsOnly() {
    String out =
        jaubert("fill-mask", "--model", masked, "--targets", "good,bad", "a [MASK] film")
            .succeeded()
            .out();
    assertTrue(out.matches("(good 0\\.\\d{3}, bad|bad 0\\.\\d{3}, good) 0\\.\\d{3}\n"), out);
  }

  @Test
  void readsStandardInput() {
    InputStream before = System.in;
    System.setIn(
        new ByteArrayInputStream("a [MASK]\nthe [MASK]\n".getBytes(StandardCharsets.UTF_8)));
    try {
      String out = jaubert("fill-mask", "--model", masked, "--top", 1).succeeded().out();
      assertTrue(out.matches("(\\S+ 0\\.\\d{3}\n){2}"), out);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void saysWhatIsMissing() {
    assertEquals(
        "there is no [MASK] in the text 'a film'",
        jaubert("fill-mask", "--model", masked, "a film").failure(1));
    String message = jaubert("fill-mask", "--model", model, "a [MASK]").failure(1);
    assertTrue(
        message.startsWith(
            model + ": is a BertForSequenceClassification, whose head is none for masked tokens"),
        message);
  }
}
