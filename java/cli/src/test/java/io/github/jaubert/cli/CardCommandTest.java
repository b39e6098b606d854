package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs write cards, and people go on writing them. */
class CardCommandTest extends CommandFixture {
  private static void assertHas(String text, String part) {
    assertTrue(text.contains(part), "no " + part + " in\n" + text);
  }

  @Test
  void aRunHasACardThatPeopleGoOnWith() throws IOException {
    Path out = folder.resolve("out");
    finetune(out).succeeded();
    Path card = out.resolve("README.md");
    String written = Files.readString(card);
    double accuracy =
        JsonFiles.readObject(out.resolve("run.json"))
            .path("evaluation")
            .path("accuracy")
            .asDouble();
    assertHas(written, "| accuracy | %.4f | ".formatted(accuracy));
    assertHas(written, "pipeline_tag: text-classification\n");
    assertHas(written, "co2_eq_emissions:\n");
    assertTrue(Files.exists(out.resolve("ml-bom.cdx.json")));

    Files.writeString(card, written.replace("## Out-of-scope", "By hand.\n\n## Out-of-scope"));
    Result result =
        jaubert("card", out, "--license", "mit", "--language", "en,de", "--intended-use", "Films.");
    assertEquals(card + "\n", result.succeeded().out());
    assertHas(Files.readString(card), "license: mit\n");
    assertHas(Files.readString(card), "language:\n- en\n- de\n");
    assertHas(Files.readString(card), "## Intended use\n\nFilms.\n");
    assertHas(Files.readString(card), "| Languages | en, de |\n");
  }

  @Test
  void badInputIsNamed() {
    assertEquals(
        folder + ": holds no model: there is neither config.json nor adapter_config.json",
        jaubert("card", folder).failure(1));
    assertEquals(
        "--co2-per-kwh: grams of CO2 per kilowatt-hour: -1.0; from 0",
        jaubert("card", model, "--co2-per-kwh", "-1").failure(2));
    assertEquals(
        "--benchmark acme: OWNER/NAME:TASK, as cais/hle:default",
        jaubert("card", model, "--benchmark", "acme").failure(2));
  }
}
