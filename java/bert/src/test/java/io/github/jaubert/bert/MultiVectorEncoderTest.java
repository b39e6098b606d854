package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.pipeline.LateInteraction;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A small ColBERT against MultiVectorEncoder of sentence-transformers in double precision. The
 * figures are made by src/test/python/golden_multi_vector.py.
 */
class MultiVectorEncoderTest {
  private static final Path GOLDEN = TestFiles.golden().resolveSibling("multi-vector");
  private static final Path PYLATE = GOLDEN.resolve("pylate");
  private static final JsonNode EXPECTED = JsonFiles.readObject(PYLATE.resolve("expected.json"));

  @TempDir Path temporary;

  private static List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    EXPECTED.get(name).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static float[][] vectors(JsonNode rows) {
    float[][] vectors = new float[rows.size()][];
    Arrays.setAll(vectors, i -> floats(rows.get(i)));
    return vectors;
  }

  private static float[] floats(JsonNode numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i).floatValue();
    }
    return floats;
  }

  private static void assertVectors(JsonNode expected, List<float[][]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < actual.size(); i++) {
      float[][] rows = vectors(expected.get(i));
      assertEquals(rows.length, actual.get(i).length, "tokens of text " + i);
      for (int row = 0; row < rows.length; row++) {
        assertArrayEquals(rows[row], actual.get(i)[row], 1e-5f, "text " + i + " token " + row);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pylate", "native", "stanford"})
  void vectorsAndScoresOfEachLayout(String name) {
    assertTrue(MultiVectorEncoder.isIn(GOLDEN.resolve(name)));
    try (LateInteraction pipeline = Pipelines.lateInteraction(GOLDEN.resolve(name))) {
      assertLikeGolden(pipeline, "hidden");
      List<String> documents = texts("documents");
      float[] scores = floats(EXPECTED.get("hidden").get("scores").get(0));
      List<RankedPassage> ranked = pipeline.rank(texts("queries").get(0), documents);
      assertEquals(documents.size(), ranked.size());
      for (RankedPassage one : ranked) {
        assertEquals(scores[one.index()], one.score(), 1e-5f * Math.max(1, one.score()));
      }
      List<RankedPassage> sorted = new ArrayList<>(ranked);
      sorted.sort(Comparator.comparing(RankedPassage::score).reversed());
      assertEquals(sorted, ranked);
    }
  }

  private static void assertLikeGolden(LateInteraction pipeline, String way) {
    JsonNode expected = EXPECTED.get(way);
    assertVectors(expected.get("query_vectors"), pipeline.queries(texts("queries")));
    assertVectors(EXPECTED.get("document_vectors"), pipeline.documents(texts("documents")));
    List<String> queries = new ArrayList<>();
    List<String> documents = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    for (int q = 0; q < texts("queries").size(); q++) {
      for (int d = 0; d < texts("documents").size(); d++) {
        queries.add(texts("queries").get(q));
        documents.add(texts("documents").get(d));
        scores.add(expected.get("scores").get(q).get(d).asDouble());
      }
    }
    List<Float> actual = pipeline.scores(queries, documents);
    for (int i = 0; i < scores.size(); i++) {
      assertEquals(scores.get(i), actual.get(i), 1e-5 * Math.max(1, scores.get(i)), "pair " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "attended"})
  void queriesAreReadInOtherWays(String way) {
    MultiVectorEncoder model = MultiVectorEncoder.fromPretrained(PYLATE);
    model.settings(model.settings().withExpansion(way.equals("attended"), true));
    try (LateInteraction pipeline =
        Pipelines.lateInteraction(model, Tokenizer.fromPretrained(PYLATE))) {
      assertLikeGolden(pipeline, way);
    }
  }

  @Test
  void lossAndEveryGradient() {
    try (MultiVectorEncoder model = MultiVectorEncoder.fromPretrained(PYLATE);
        Tokenizer tokenizer = Tokenizer.fromPretrained(PYLATE);
        MultiVectorTokens tokens = model.tokens(tokenizer);
        SafeTensors gradients = SafeTensors.open(PYLATE.resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      model.train();
      TokenBatch queries = TokenBatch.of(tokens.queries(texts("queries"), done -> {}));
      TokenBatch documents = TokenBatch.of(tokens.documents(texts("documents"), done -> {}));
      Tensor scores =
          MaxSim.scores(
              model.queries(model.encoder().inputs(queries)),
              queries.lengths(),
              model.forward(documents),
              ScoredTokens.of(documents, tokens::isScored));
      Tensor loss =
          F.crossEntropy(
              scores.div(EXPECTED.get("temperature").floatValue()),
              Tensor.of(new int[] {0, 1, 2, 3}),
              CrossEntropyOptions.defaults());
      loss.backward();
      assertEquals(EXPECTED.get("loss").asDouble(), loss.item(), 1e-5);
      assertEquals(gradients.names().size(), model.parameters().size());
      for (Parameter parameter : model.parameters()) {
        float[] golden = gradients.floats(parameter.name());
        float[] actual = parameter.grad().toFloats();
        if (parameter.name().endsWith("key.bias")) { // changes no softmax: 0 but for rounding
          assertArrayEquals(new float[actual.length], actual, 3e-6f, parameter.name());
        } else {
          double error = Goldens.relativeL2(golden, actual);
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  @Test
  void markersAndFillingHaveNoPlaceInTheText() {
    try (MultiVectorEncoder model = MultiVectorEncoder.fromPretrained(PYLATE);
        Tokenizer tokenizer = Tokenizer.fromPretrained(PYLATE);
        MultiVectorTokens tokens = model.tokens(tokenizer)) {
      Encoding query = tokens.queries(List.of("who went?"), done -> {}).get(0);
      assertEquals(
          "[[CLS], [unused0], who, went, ?, [SEP]" + ", [MASK]".repeat(5) + "]", query.toString());
      int[][] places = {{0, 0}, {0, 0}, {0, 3}, {4, 8}, {8, 9}, {0, 0}, {0, 0}};
      assertArrayEquals(places, Arrays.copyOf(query.offsets(), places.length));
      assertArrayEquals(new int[11], query.typeIds());
      Encoding document = tokens.documents(List.of("who went?"), done -> {}).get(0);
      assertEquals("[[CLS], [unused1], who, went, ?, [SEP]]", document.toString());
      assertEquals(6, document.fillTo(5, 0).length());
      assertThrows(IllegalArgumentException.class, () -> document.insert(7, 0));
      assertFalse(tokens.isScored(tokenizer.id("?")));
      assertTrue(tokens.isScored(tokenizer.id("[UNK]")));
    }
  }

  // ---- hidden tokens ----

  private static EncoderConfig config(String kind) {
    return kind.equals("bert")
        ? BertConfig.bertBase().withVocabSize(37).withEncoder(21, 3, 3, 30)
        : ModernBertConfig.modernBertBase()
            .withVocabulary(37, 0, null, null)
            .withEncoder(24, 4, 2, 30);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "modernbert"})
  void noTokenAttendsToHiddenOnes(String kind) {
    int mask = 36;
    Random random = new Random(Seeds.SEED);
    try (Encoder encoder = Encoder.of(config(kind));
        NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      encoder.eval();
      int[] first = random.ints(5, 0, 36).toArray();
      int[] second = random.ints(2, 0, 36).toArray();
      float[] plain = hidden(encoder, mask, first, second);
      float[] filled = hidden(encoder, mask, fill(first, 9, mask), fill(second, 4, mask));
      int width = encoder.config().hiddenSize();
      assertRows(plain, 0, filled, 0, 5, width);
      assertRows(plain, 5, filled, 9, 2, width);
      // Nor do hidden ones to each other: with more of them the first are what they were.
      float[] more = hidden(encoder, mask, fill(first, 13, mask), second);
      assertRows(filled, 5, more, 5, 4, width);
      assertFalse(
          Arrays.equals(
              Arrays.copyOfRange(filled, 5 * width, 6 * width),
              Arrays.copyOfRange(filled, 6 * width, 7 * width)));
    }
  }

  private static int[] fill(int[] ids, int length, int mask) {
    int[] filled = Arrays.copyOf(ids, length);
    Arrays.fill(filled, ids.length, length, mask);
    return filled;
  }

  private static float[] hidden(Encoder encoder, int mask, int[]... sequences) {
    PackedSequences lengths =
        PackedSequences.of(Arrays.stream(sequences).mapToInt(ids -> ids.length).toArray());
    int[] ids = Arrays.stream(sequences).flatMapToInt(Arrays::stream).toArray();
    TokenBatch batch = new TokenBatch(ids, new int[ids.length], lengths);
    return encoder.forward(encoder.inputs(batch).hiding(mask)).lastHidden().toFloats();
  }

  private static void assertRows(
      float[] expected, int row, float[] actual, int other, int count, int width) {
    assertArrayEquals(
        Arrays.copyOfRange(expected, row * width, (row + count) * width),
        Arrays.copyOfRange(actual, other * width, (other + count) * width),
        1e-4f);
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"pylate", "native", "stanford"})
  void whatIsSavedIsPylates(String name) {
    try (MultiVectorEncoder model = MultiVectorEncoder.fromPretrained(GOLDEN.resolve(name))) {
      model.save(temporary);
    }
    assertTrue(MultiVectorEncoder.isIn(temporary));
    ObjectNode config =
        JsonFiles.readObject(temporary.resolve("config_sentence_transformers.json"));
    assertEquals("ColBERT", config.get("model_type").asText());
    assertEquals(11, config.get("query_length").asInt());
    assertEquals(14, config.get("document_length").asInt());
    assertFalse(config.get("attend_to_expansion_tokens").asBoolean());
    assertEquals(32, config.get("skiplist_words").size());
    assertEquals(
        "BertModel",
        JsonFiles.readObject(temporary.resolve("config.json")).at("/architectures/0").asText());
    try (LateInteraction pipeline = Pipelines.lateInteraction(temporary)) {
      assertLikeGolden(pipeline, "hidden");
    }
    try (Encoder encoder = Encoder.fromPretrained(temporary)) { // as transformers reads it
      assertEquals(21, encoder.config().hiddenSize());
    }
  }

  @Test
  void aNewModelHasTheUsualSettings() {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(PYLATE);
        MultiVectorEncoder model =
            MultiVectorEncoder.of(Encoder.fromPretrained(PYLATE), tokenizer, 7)) {
      MultiVectorSettings settings = model.settings();
      assertEquals("[unused0]", settings.queryMarker());
      assertEquals("[unused1]", settings.documentMarker());
      assertEquals(32, settings.queryLength());
      assertEquals(180, settings.documentLength());
      assertTrue(settings.hidesExpansion());
      assertEquals(7, model.dimensions());
      model.save(temporary);
      try (MultiVectorEncoder again = MultiVectorEncoder.fromPretrained(temporary)) {
        assertEquals(settings, again.settings());
        assertEquals(7, again.dimensions());
      }
      model.settings(settings.withMarkers("[Q]", ""));
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> model.tokens(tokenizer))
              .getMessage()
              .contains("'[Q]'"));
    }
  }

  @Test
  void whatIsNotSupportedIsNamed() throws IOException {
    refuses("has neither modules.json", folder -> Files.delete(folder.resolve("modules.json")));
    refuses("1_Dense", folder -> Files.delete(folder.resolve("1_Dense/model.safetensors")));
    refuses(
        "Normalize", folder -> replace(folder, "modules.json", "models.Dense.Dense", "Normalize"));
    refuses("bias true", folder -> replace(folder, "1_Dense/config.json", "false", "true"));
    refuses("Tanh", folder -> replace(folder, "1_Dense/config.json", "Identity", "Tanh"));
    refuses("../x", folder -> replace(folder, "modules.json", "1_Dense", "../x"));
    refuses(
        "query length 3",
        folder ->
            replace(
                folder,
                "config_sentence_transformers.json",
                "\"query_length\": 11",
                "\"query_length\": 3"));
    refuses(
        "no token of the vocabulary",
        folder -> replace(folder, "config_sentence_transformers.json", "[unused0]", "[unused9]"));
  }

  @FunctionalInterface
  private interface Damage {
    void to(Path folder) throws IOException;
  }

  private void refuses(String what, Damage damage) throws IOException {
    Path folder = Files.createTempDirectory(temporary, "model");
    try (Stream<Path> files = Files.walk(PYLATE)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = folder.resolve(PYLATE.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    damage.to(folder);
    CheckpointException refused =
        assertThrows(CheckpointException.class, () -> Pipelines.lateInteraction(folder).close());
    assertTrue(refused.getMessage().contains(what), refused.getMessage());
  }

  private static void replace(Path folder, String name, String what, String by) throws IOException {
    Path file = folder.resolve(name);
    String text = Files.readString(file);
    assertTrue(text.contains(what), name);
    Files.writeString(file, text.replace(what, by));
  }
}
