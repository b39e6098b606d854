package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Adapters are trained in place of a model, and used as one. */
class LoraTest extends CommandFixture {
  private static final String TEXT = "the film was " + WORDS[0];

  private Result learn(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--out", out));
    words.addAll(List.of("--train", train, "--eval", eval, "--lora-rank", 4, "--epochs", 2));
    words.addAll(List.of("--lr", "2e-2", "--lora-dropout", "0.1"));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  private static JsonNode json(Path file) throws IOException {
    return new JsonMapper().readTree(file.toFile());
  }

  @Test
  void theResultIsAModelWithTheAdapterBesideIt() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out).succeeded().out();
    assertTrue(said.contains("LoRA of rank 4 on 4 layers; trainable params: "), said);
    JsonNode run = json(out.resolve("run.json")).path("lora");
    assertEquals(4, run.path("r").asInt());
    assertEquals(8, run.path("lora_alpha").asDouble());
    assertEquals(4, run.path("target_modules").size());
    assertTrue(Files.exists(out.resolve("model.safetensors")));
    Path adapter = out.resolve("adapter");
    assertFalse(Files.exists(adapter.resolve("model.safetensors")));
    String base =
        json(adapter.resolve("adapter_config.json")).get("base_model_name_or_path").asText();
    assertEquals(model.toAbsolutePath().normalize().toString(), base);
    assertEquals(
        jaubert("predict", "--model", out, "--json", TEXT).succeeded().out(),
        jaubert("predict", "--model", adapter, "--json", TEXT).succeeded().out());

    // One that replaces it has no adapter.
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--out", out));
    words.addAll(List.of("--train", train, "--epochs", 1, "--overwrite"));
    jaubert(words.toArray()).succeeded();
    assertFalse(Files.exists(adapter.resolve("adapter_config.json")));
  }

  @Test
  void anAdapterAloneNeedsItsBase() throws IOException {
    Path out = folder.resolve("out");
    learn(out, "--adapter-only", "--lora-targets", ".*(query|dense)", "--lora-rslora").succeeded();
    assertFalse(Files.exists(out.resolve("model.safetensors")));
    assertEquals(
        ".*(query|dense)", json(out.resolve("adapter_config.json")).get("target_modules").asText());
    jaubert("predict", "--model", out, TEXT).succeeded();
    String itself =
        jaubert("finetune", "--model", out, "--train", train, "--lora-rank", 2).failure(2);
    assertTrue(itself.contains("is an adapter itself"), itself);

    Path moved = Files.move(model, folder.resolve("moved"));
    String gone = jaubert("predict", "--model", out, TEXT).failure(1);
    assertTrue(gone.contains("adapter_config.json: the base model '"), gone);
    assertTrue(gone.contains("is no folder"), gone);
    Files.move(moved, model);
  }

  @Test
  void twoRunsGiveTheSameBytes() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    learn(first).succeeded();
    learn(second).succeeded();
    for (String file : List.of("model.safetensors", "adapter/adapter_model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(first.resolve(file)), Files.readAllBytes(second.resolve(file)));
    }
  }
}
