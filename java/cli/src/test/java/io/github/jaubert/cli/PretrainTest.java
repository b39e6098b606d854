package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Pre-training on the command line. */
class PretrainTest extends PretrainFixture {
  @Test
  void makesAnEncoderFromNothing() throws IOException {
    Path out = folder.resolve("out");
    Result result = fromNothing(out, "--epochs", "25", "--whole-words").succeeded();
    assertTrue(result.out().contains("a new BERT of 2 layers, 32 wide, "), result.out());
    assertTrue(
        result.out().matches("(?s).*  accuracy +0\\.\\d+ before +[01]\\.\\d+ after\n.*"),
        result.out());
    assertTrue(result.out().contains("→ "), result.out());
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertTrue(
        run.path("evaluation").path("loss").asDouble()
            < run.path("before").path("loss").asDouble() / 2,
        run.toString());
    assertEquals(25, run.path("settings").path("epochs").asInt());
    assertFalse(Files.exists(out.resolve("checkpoint.safetensors")));

    String filled =
        jaubert("fill-mask", "--model", out, "--top", 1, "the film was very [MASK].")
            .succeeded()
            .out();
    assertTrue(filled.matches("(good|poor) 0.*\n"), filled);
    finetuned(out);
  }

  @Test
  void learnsFromPairs() throws IOException {
    for (String pairs : List.of("nsp", "sop")) {
      Path out = folder.resolve(pairs);
      Result result =
          fromNothing(out, "--pairs", pairs, "--epochs", "2", "--held-out", "0.1").succeeded();
      assertTrue(
          result.out().matches("(?s).*  pair_accuracy +[01]\\.\\d+ before +[01]\\.\\d+ after\n.*"),
          result.out());
      assertFalse(result.err().contains("not used"), result.err());
      JsonNode config = JsonFiles.readObject(out.resolve("config.json"));
      assertEquals("BertForPreTraining", config.path("architectures").path(0).asText());
      jaubert("fill-mask", "--model", out, "the film was very [MASK].").succeeded();
      finetuned(out);
      // On from both heads.
      jaubert(command(folder.resolve(pairs + "-2"), "--model", out, "--pairs", pairs).toArray())
          .succeeded();
    }
  }

  @Test
  void learnsWithBytePairs() throws IOException {
    Path out = folder.resolve("bpe");
    Result result =
        fromNothing(300, out, "--tokenizer", "bpe", "--epochs", "25", "--whole-words").succeeded();
    assertTrue(result.out().contains("\"some text with a <mask>\""), result.out());
    assertTrue(result.out().contains("→ "), result.out());
    assertEquals(1, JsonFiles.readObject(out.resolve("config.json")).path("pad_token_id").asInt());
    String filled =
        jaubert("fill-mask", "--model", out, "--top", 1, "the film was very<mask>.")
            .succeeded()
            .out();
    assertTrue(filled.matches(" ?(good|poor) 0.*\n"), filled);
    finetuned(out);
    jaubert(command(folder.resolve("more"), "--model", out, "--tokens", "1k").toArray())
        .succeeded();
  }

  /** A ModernBERT, with a mask rate, an optimizer and a head of its own; and what was given. */
  @Test
  void crammingMakesAModernBert() throws IOException {
    Path out = folder.resolve("out");
    Result result =
        fromNothing(out, "--recipe", "cramming", "--epochs", "20", "--weight-decay", "0.1")
            .succeeded();
    assertTrue(result.out().contains("a new ModernBERT of 2 layers, 32 wide, "), result.out());
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertTrue(
        run.path("evaluation").path("loss").asDouble()
            < run.path("before").path("loss").asDouble() / 2,
        run.toString());
    JsonNode settings = run.path("settings");
    assertEquals("0.3 of the tokens, 0.8 masked, 0.1 replaced", settings.path("masking").asText());
    assertEquals(0.5, settings.path("max_norm").asDouble());
    assertEquals(1e-12, settings.path("eps").asDouble(), 1e-17);
    assertEquals(0.1, settings.path("weight_decay").asDouble(), 1e-6);
    assertEquals("TRAPEZOID", settings.path("schedule").asText());
    JsonNode config = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals("ModernBertForMaskedLM", config.path("architectures").path(0).asText());
    assertEquals(96, config.path("intermediate_size").asInt());
    assertEquals(0, config.path("attention_dropout").asDouble());
    assertEquals(2, config.path("cls_token_id").asInt());

    String filled =
        jaubert("fill-mask", "--model", out, "--top", 1, "the film was very [MASK].")
            .succeeded()
            .out();
    assertTrue(filled.matches("(good|poor) 0.*\n"), filled);
    Path fine = folder.resolve("fine");
    model = out;
    finetune(fine).succeeded();
    run = JsonFiles.readObject(fine.resolve("run.json"));
    // The corpus lacks letters of some words, which are unknown.
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.8, run.toString());
    jaubert("predict", "--model", fine, "the story was good").succeeded();
  }

  @Test
  void goesOnWithAModel() throws IOException {
    Path out = folder.resolve("out");
    Result result = jaubert(command(out, "--model", model, "--tokens", "2k").toArray()).succeeded();
    assertTrue(result.out().contains(model + ", "), result.out());
    JsonNode config = new JsonMapper().readTree(Files.readString(out.resolve("config.json")));
    assertEquals("BertForMaskedLM", config.path("architectures").path(0).asText());
    assertArrayEquals(
        Files.readAllBytes(model.resolve("vocab.txt")),
        Files.readAllBytes(out.resolve("vocab.txt")));
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertEquals(2000, run.path("settings").path("tokens").asInt());
    assertEquals(
        "0.15 of the tokens, 0.8 masked, 0.1 replaced",
        run.path("settings").path("masking").asText());
  }

  @Test
  void readsLinesJsonAndFolders() throws IOException {
    Path books = Files.createDirectories(folder.resolve("books/deep"));
    Files.writeString(books.resolve("a.txt"), documents(40, 3));
    String json =
        IntStream.range(0, 120)
            .mapToObj(i -> "{\"body\": \"the film was very good\", \"n\": " + i + "}\n")
            .reduce("", String::concat);
    Path lines = Files.writeString(folder.resolve("posts.jsonl"), json);
    corpus = books.getParent();
    fromNothing(folder.resolve("out-1"), "--tokens", "600").succeeded();
    corpus = lines;
    fromNothing(
            folder.resolve("out-2"), "--tokens", "600", "--documents", "json", "--text-key", "body")
        .succeeded();
    fromNothing(
            folder.resolve("out-3"), "--tokens", "600", "--documents", "lines", "--held-out", "0")
        .succeeded();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aKilledRunGoesOnToTheSameBits() throws Exception {
    goesOnWhenKilled(
        2, List.of("--epochs", "40"), "model.safetensors", "tokenizer.json", "train_log.jsonl");
  }

  @Test
  void saysWhatIsWrongWithTheText() throws IOException {
    Path out = folder.resolve("out");
    corpus = folder.resolve("missing");
    refused(1, "missing", fromNothing(out));
    corpus = Files.createDirectories(folder.resolve("empty"));
    refused(1, "empty", fromNothing(out));
    corpus = Files.writeString(folder.resolve("blank.txt"), "\n\n \n");
    refused(1, "blank.txt", fromNothing(out));
    corpus = Files.writeString(folder.resolve("one.txt"), "the film was very good\n");
    refused(
        1,
        "one.txt: is one document, of which nothing can be held out; give other text with"
            + " --eval, or --held-out 0",
        fromNothing(out));
    corpus = Files.write(folder.resolve("binary.bin"), new byte[] {65, 0, 1, 2, 10});
    refused(1, "binary.bin", fromNothing(out));
    corpus =
        Files.write(
            folder.resolve("latin.txt"), "Stra\u00dfe\n".getBytes(StandardCharsets.ISO_8859_1));
    refused(1, "latin.txt", fromNothing(out));
    assertFalse(Files.exists(out.resolve("config.json")));
  }

  @Test
  void saysWhatIsWrongWithOptions() {
    Path out = folder.resolve("out");
    refused(2, "--mask-rate 2.0: above 0, at most 1", fromNothing(out, "--mask-rate", "2"));
    refused(2, "'many' is no whole number", fromNothing(out, "--tokens", "many"));
    refused(
        2,
        "--hidden 32 is no multiple of --heads 3",
        jaubert(command(out, "--hidden", "32", "--heads", "3").toArray()));
    refused(2, "--max-length 3: a whole number from 18", fromNothing(out, "--max-length", "3"));
    refused(
        2,
        "--eval and --held-out: one of them",
        fromNothing(out, "--eval", corpus, "--held-out", "0.1"));
    refused(2, "are for a new model; --model", fromNothing(out, "--model", model));
    refused(
        2,
        "--recipe, --tokenizer, --vocab-size, --cased, --layers",
        jaubert(command(out, "--model", model, "--tokenizer", "bpe").toArray()));
    refused(
        2,
        "--cased is for --tokenizer wordpiece",
        fromNothing(out, "--tokenizer", "bpe", "--cased"));
    refused(
        1,
        "a vocabulary of 60 tokens; 261 to 10,000,000 are possible",
        fromNothing(out, "--tokenizer", "bpe"));
    refused(
        2,
        "--max-length 19: a whole number from 20",
        fromNothing(out, "--pairs", "nsp", "--max-length", "19"));
    refused(2, "'mlm'", fromNothing(out, "--pairs", "mlm"));
    refused(
        2,
        "are for a new model; --model",
        jaubert(command(out, "--model", model, "--recipe", "cramming").toArray()));
    refused(
        2,
        "--pairs is for --recipe bert",
        fromNothing(out, "--pairs", "sop", "--recipe", "cramming"));
    refused(
        2,
        "--hidden 30 in 2 heads makes heads of 15; rotary positions need an even size",
        jaubert(command(out, "--recipe", "cramming", "--hidden", "30", "--heads", "2").toArray()));
    refused(
        2,
        "--keep-best and --patience need --eval or --held-out",
        fromNothing(out, "--held-out", "0", "--keep-best"));
    refused(
        1,
        "a vocabulary of 6 tokens cannot hold",
        jaubert(command(out, "--vocab-size", "6").toArray()));
  }

  /** The tokenizer of the model that is gone on with. */
  @Test
  void aMaskWithoutAnEmbeddingIsRefused() throws IOException {
    Path vocabulary = model.resolve("vocab.txt");
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("[MASK]", "mask"));
    Files.deleteIfExists(model.resolve("tokenizer.json"));
    refused(
        1,
        "the tokenizer has 18 tokens, the model embeddings of 17: [MASK] has none",
        jaubert(command(folder.resolve("out"), "--model", model).toArray()));
  }

  @Test
  void aChangedCorpusIsAnotherRun() throws Exception {
    Path out = folder.resolve("out");
    List<String> line = new ArrayList<>(java());
    List<Object> words =
        command(out, "--model", model, "--epochs", "500", "--checkpoint-every", "1");
    words.forEach(word -> line.add(word.toString()));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said.txt").toFile())
            .start();
    assertTrue(appeared(process, out.resolve("checkpoint.safetensors")));
    process.destroyForcibly().waitFor();
    Files.writeString(corpus, documents(250, 2));
    refused(1, "training_data was", jaubert(words.toArray()));
  }
}
