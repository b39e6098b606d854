package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Texts that are too long: in training, and by the folder in predict and evaluate. */
class LongTextOptionsTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  @Test
  void theFolderSaysHowLongTextsAreRead() throws IOException {
    Path out = folder.resolve("out");
    finetune(
            out,
            "--new-head",
            "--max-length",
            "5",
            "--long-texts",
            "windows",
            "--window-stride",
            "1")
        .succeeded();
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertEquals("windows(stride 1)", run.path("settings").path("long_texts").asText());
    JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
    assertEquals(
        "{\"strategy\":\"windows\",\"stride\":1}", config.path("jaubert_long_texts").toString());
    // The last word decides, which cutting would not see.
    String answers =
        jaubert("predict", "--model", out, "the film was good", "the film was poor")
            .succeeded()
            .out();
    assertTrue(answers.matches("pos .*\nneg .*\n"), answers);
    JsonNode judged =
        JSON.readTree(
            jaubert("evaluate", "--model", out, "--data", eval, "--json").succeeded().out());
    assertEquals(
        run.path("evaluation").path("accuracy").asDouble(),
        judged.path("evaluation").path("accuracy").asDouble(),
        1e-9);
    String failure =
        jaubert("evaluate", "--model", out, "--data", eval, "--max-length", "3").failure(1);
    assertTrue(failure.contains("of 3 tokens, 2 are special ones"), failure);
    assertTrue(
        jaubert("predict", "--model", out, "a", "--pair", "b").failure(1).contains("windows"));
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    Path out = folder.resolve("out");
    String usage = finetune(out, "--window-stride", "3").failure(2);
    assertEquals("--window-stride needs --long-texts windows", usage);
    usage = finetune(out, "--head-share", "0.5", "--long-texts", "cut").failure(2);
    assertEquals("--head-share needs --long-texts head-tail", usage);
    usage = finetune(out, "--head-share", "2", "--long-texts", "head-tail").failure(2);
    assertTrue(usage.startsWith("--head-share 2.0: a number between 0 and 1"), usage);
    usage = finetune(out, "--task", "setfit", "--long-texts", "windows").failure(2);
    assertEquals("--long-texts is for labels and scores of texts, not for --task setfit", usage);
    String failure =
        finetune(
                out,
                "--new-head",
                "--max-length",
                "5",
                "--window-stride",
                "3",
                "--long-texts",
                "windows")
            .failure(1);
    assertTrue(failure.startsWith("--window-stride 3: of 5 tokens"), failure);
  }
}
