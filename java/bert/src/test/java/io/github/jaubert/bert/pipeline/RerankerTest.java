package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ScoreActivation;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.tensor.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Cross-encoders against those of sentence-transformers. The figures are made by
 * src/test/python/golden_cross_encoder.py.
 */
class RerankerTest {
  private static final Path GOLDEN = TestFiles.golden().resolveSibling("cross-encoder");
  private static final JsonNode CASES = JsonFiles.readObject(GOLDEN.resolve("cases.json"));

  @TempDir Path temporary;

  private static List<String> passages() {
    List<String> passages = new ArrayList<>();
    CASES.get("passages").forEach(passage -> passages.add(passage.asText()));
    return passages;
  }

  /** The folder of a name, with the weights and the tokenizer that all share. */
  private Path folder(String name) throws IOException {
    Path to = Files.createDirectories(temporary.resolve(name));
    for (String from : new String[] {"sigmoid", name}) {
      try (Stream<Path> files = Files.list(GOLDEN.resolve(from))) {
        for (Path file : files.toList()) {
          boolean shared = file.toString().matches(".*(model\\.safetensors|tokenizer.*)");
          if (shared || from.equals(name)) {
            Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
          }
        }
      }
    }
    return to;
  }

  private static void check(Path folder, String name) {
    try (Reranker reranker = Pipelines.rerank(folder)) {
      for (JsonNode golden : CASES.get("cases")) {
        String query = golden.get("query").asText();
        List<RankedPassage> ranked = reranker.rerank(query, passages());
        List<Integer> order = new ArrayList<>();
        golden.get("order").forEach(index -> order.add(index.asInt()));
        assertEquals(order, ranked.stream().map(RankedPassage::index).toList(), query);
        for (RankedPassage passage : ranked) {
          double expected = golden.get(name).get(passage.index()).asDouble();
          assertEquals(expected, passage.score(), 1e-5, query);
          assertEquals(
              expected, reranker.score(query, passages().get(passage.index())), 1e-5, query);
        }
      }
      assertEquals(List.of(), reranker.rerank("Berlin", List.of()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sigmoid", "identity", "old"})
  void scoresAndOrderAreThoseOfCrossEncoder(String name) throws IOException {
    long before = Memory.live();
    Path folder = folder(name);
    assertTrue(SequenceClassifier.isCrossEncoder(folder));
    assertFalse(SentenceEncoder.isIn(folder));
    check(folder, name);
    Path out = temporary.resolve("saved");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      model.save(out);
    }
    assertTrue(SequenceClassifier.isCrossEncoder(out));
    check(out, name);
    assertEquals(before, Memory.live());
  }

  @Test
  void writesTheFilesOfSentenceTransformers() throws IOException {
    Path folder = folder("identity");
    Path out = temporary.resolve("saved");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertEquals(ScoreActivation.IDENTITY, model.scoreActivation());
      model.save(out);
    }
    for (String file :
        new String[] {"config_sentence_transformers.json", "sentence_bert_config.json"}) {
      assertEquals(
          JsonFiles.readObject(folder.resolve(file)), JsonFiles.readObject(out.resolve(file)));
    }
    assertEquals(
        JsonFiles.readArray(folder.resolve("modules.json")),
        JsonFiles.readArray(out.resolve("modules.json")));
    assertEquals(
        "torch.nn.modules.linear.Identity",
        JsonFiles.readObject(out.resolve("config.json"))
            .path("sentence_transformers")
            .path("activation_fn")
            .asText());
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      model.crossEncoder(null).save(temporary.resolve("plain"));
    }
    assertFalse(SequenceClassifier.isCrossEncoder(temporary.resolve("plain")));
    assertFalse(Files.exists(temporary.resolve("plain/modules.json")));
    // As sentence-transformers does of a folder that says nothing.
    check(temporary.resolve("plain"), "sigmoid");
  }

  @Test
  void whatIsNotSupportedIsNamed() throws IOException {
    long before = Memory.live();
    Path folder = folder("sigmoid");
    edit(folder, "activation_fn", "torch.nn.modules.activation.Tanh");
    String refusal = refusal(folder);
    assertTrue(refusal.contains("activation_fn is 'torch.nn.modules.activation.Tanh'"), refusal);
    edit(folder, "activation_fn", "my.own.Sigmoid");
    assertTrue(refusal(folder).contains("my.own.Sigmoid"));
    edit(folder, "default_prompt_name", "query");
    assertTrue(refusal(folder).contains("default_prompt_name is 'query'"));
    // Who asks for no score has no use for either.
    try (TextClassification pipeline = Pipelines.textClassification(folder)) {
      assertEquals(1, pipeline.of("Anna", "Berlin").size());
    }
    try (SequenceClassifier two =
        SequenceClassifier.of(
            BertConfig.bertBase().withVocabSize(9).withEncoder(8, 1, 1, 8),
            Labels.of("no", "yes"))) {
      IllegalArgumentException several =
          assertThrows(IllegalArgumentException.class, () -> Pipelines.rerank(two, null));
      assertTrue(several.getMessage().startsWith("a model with 2 outputs"), several.getMessage());
    }
    assertEquals(before, Memory.live());
  }

  private static String refusal(Path folder) {
    return assertThrows(CheckpointException.class, () -> Pipelines.rerank(folder)).getMessage();
  }

  private static void edit(Path folder, String field, String value) throws IOException {
    Path file = folder.resolve("config_sentence_transformers.json");
    ObjectNode settings = JsonFiles.readObject(file);
    settings.put(field, value);
    Files.write(file, JsonFiles.format(settings));
  }

  @Test
  void manyPassagesKeepTheirPlaces() throws IOException {
    try (Reranker reranker = Pipelines.rerank(folder("identity"))) {
      List<String> many = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        many.add(passages().get(i % passages().size()));
      }
      String query = CASES.get("cases").get(0).get("query").asText();
      List<Float> scores = reranker.scores(Collections.nCopies(many.size(), query), many);
      float[] alone = new float[passages().size()];
      for (int i = 0; i < alone.length; i++) {
        alone[i] = reranker.score(query, passages().get(i));
      }
      float[] expected = new float[many.size()];
      float[] actual = new float[many.size()];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = alone[i % alone.length];
        actual[i] = scores.get(i);
      }
      assertArrayEquals(expected, actual, 1e-5f);
      assertThrows(IllegalArgumentException.class, () -> reranker.scores(List.of("a"), List.of()));
    }
  }
}
