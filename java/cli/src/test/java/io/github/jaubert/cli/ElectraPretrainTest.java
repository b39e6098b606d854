package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Pre-training of an ELECTRA on the command line. */
class ElectraPretrainTest extends PretrainFixture {
  /** A generator and a discriminator, of which the second is fine-tuned; and on from both. */
  @Test
  void learnsToTellReplacedTokens() throws IOException {
    Path out = folder.resolve("electra");
    Result result = fromNothing(out, "--objective", "electra", "--epochs", "25").succeeded();
    assertTrue(
        result
            .out()
            .contains(
                "; a new ELECTRA of 2 layers, 32 wide, with a generator 8 wide, 36,145 parameters"),
        result.out());
    assertTrue(
        result.out().matches("(?s).*  generator_accuracy +0\\.\\d+ before +[01]\\.\\d+ after\n.*"),
        result.out());
    assertTrue(result.out().contains("finetune --model " + out), result.out());
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    JsonNode after = run.path("evaluation");
    assertTrue(after.path("generator_accuracy").asDouble() > 0.4, run.toString());
    assertTrue(
        after.path("detection_loss").asDouble()
            < run.path("before").path("detection_loss").asDouble() / 2,
        run.toString());
    assertEquals(50, run.path("settings").path("detection_weight").asDouble());
    assertEquals(
        "0.15 of the tokens, 1.0 masked, 0.0 replaced",
        run.path("settings").path("masking").asText());
    JsonNode config = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals("ElectraForPreTraining", config.path("architectures").path(0).asText());
    assertEquals(32, config.path("hidden_size").asInt());
    assertEquals(16, config.path("embedding_size").asInt());
    assertFalse(Files.exists(out.resolve("checkpoint.safetensors")));
    String filled =
        jaubert("fill-mask", "--model", out.resolve("generator"), "the film was very [MASK].")
            .succeeded()
            .out();
    assertTrue(filled.contains("good 0."), filled);
    finetuned(out);

    Path more = folder.resolve("more");
    Object[] on = {"--objective", "electra", "--model", out, "--tokens", "1k"};
    result = jaubert(command(more, on).toArray()).succeeded();
    assertTrue(result.out().contains(out + ", with a generator 8 wide, "), result.out());
    JsonNode before = JsonFiles.readObject(more.resolve("run.json")).path("before");
    for (String figure : List.of("generator_loss", "detection_loss", "replaced_f1")) {
      assertEquals(after.path(figure).asDouble(), before.path(figure).asDouble(), 1e-6, figure);
    }
    Files.move(out.resolve("generator"), folder.resolve("gone"));
    result = jaubert(command(folder.resolve("anew"), on).toArray()).succeeded();
    assertTrue(result.out().contains(out + ", with a new generator 8 wide, "), result.out());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aKilledRunGoesOnToTheSameBits() throws Exception {
    List<String> options = List.of("--objective", "electra", "--epochs", "20");
    goesOnWhenKilled(
        1, options, "model.safetensors", "generator/model.safetensors", "train_log.jsonl");
  }

  @Test
  void saysWhatIsWrongWithOptions() {
    Path out = folder.resolve("out");
    refused(
        2,
        "--pairs is for --objective mlm",
        fromNothing(out, "--objective", "electra", "--pairs", "nsp"));
    refused(
        2,
        "--objective electra makes an ELECTRA, and --recipe cramming a ModernBERT",
        fromNothing(out, "--objective", "electra", "--recipe", "cramming"));
    refused(
        2,
        "--objective electra: --model " + model + " is of the architecture BERT",
        jaubert(command(out, "--objective", "electra", "--model", model).toArray()));
    refused(
        2,
        "--hidden 524: the generator is to have a quarter of it, and",
        jaubert(
            command(out, "--objective", "electra", "--hidden", "524", "--heads", "4").toArray()));
    refused(2, "'rtd'", fromNothing(out, "--objective", "rtd"));
  }
}
