package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.HardNegatives.Mined;
import io.github.jaubert.train.HardNegatives.Triplet;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.EmbeddingDataset.Row;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class HardNegativesTest {
  private static Function<List<String>, List<float[]>> lookup(Map<String, float[]> vectors) {
    return texts -> texts.stream().map(vectors::get).toList();
  }

  /** Against sentence-transformers; golden_hard_negatives.py had it mine. */
  @Test
  void theNegativesAreThoseOfSentenceTransformers() throws URISyntaxException {
    JsonNode golden =
        JsonFiles.readObject(
            Path.of(HardNegativesTest.class.getResource("/golden/hard-negatives.json").toURI()));
    Map<String, float[]> vectors = new HashMap<>();
    golden
        .get("vectors")
        .properties()
        .forEach(
            one -> {
              float[] vector = new float[one.getValue().size()];
              for (int i = 0; i < vector.length; i++) {
                vector[i] = (float) one.getValue().get(i).asDouble();
              }
              vectors.put(one.getKey(), vector);
            });
    EmbeddingDataset pairs =
        EmbeddingDataset.of(
            "pairs",
            StreamSupport.stream(golden.get("pairs").spliterator(), false)
                .map(pair -> Row.of(pair.get(0).asText(), pair.get(1).asText()))
                .toList());
    List<String> corpus = new ArrayList<>();
    golden.get("corpus").forEach(text -> corpus.add(text.asText()));
    for (JsonNode one : golden.get("cases")) {
      JsonNode options = one.get("options");
      HardNegatives negatives =
          HardNegatives.of(lookup(vectors)).numNegatives(options.get("num_negatives").asInt());
      if (options.has("range_max")) {
        negatives.rangeMin(options.get("range_min").asInt());
        negatives.rangeMax(options.get("range_max").asInt());
      }
      if (options.has("relative_margin")) {
        negatives.relativeMargin((float) options.get("relative_margin").asDouble());
      }
      if (options.has("max_score")) {
        negatives.maxScore((float) options.get("max_score").asDouble());
      }
      Mined mined = negatives.mine(pairs, corpus);
      JsonNode wanted = one.get("triplets");
      assertEquals(wanted.size(), mined.triplets().size(), options.toString());
      for (int i = 0; i < wanted.size(); i++) {
        Triplet triplet = mined.triplets().get(i);
        assertEquals(
            List.of(
                wanted.get(i).get(0).asText(),
                wanted.get(i).get(1).asText(),
                wanted.get(i).get(2).asText()),
            List.of(triplet.anchor(), triplet.positive(), triplet.negative()),
            options + " " + i);
        assertEquals(wanted.get(i).get(3).asDouble(), triplet.positiveScore(), 2e-6);
        assertEquals(wanted.get(i).get(4).asDouble(), triplet.negativeScore(), 2e-6);
      }
    }
  }

  @Test
  void moreThanABlockIsComparedToAll() {
    Random random = new Random(Seeds.SEED);
    List<String> passages = IntStream.range(0, 4500).mapToObj(i -> "p" + i).toList();
    Map<String, float[]> vectors = new HashMap<>();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(Row.of("q" + i, "p" + random.nextInt(4500)));
      vectors.put("q" + i, vector(random));
    }
    passages.forEach(text -> vectors.put(text, vector(random)));
    rows.add(Row.of("p7", "p4400")); // a query that is a passage, too
    List<Integer> told = new ArrayList<>();
    Mined mined =
        HardNegatives.of(lookup(vectors))
            .numNegatives(2)
            .progress((done, all) -> told.add(all - done))
            .mine(EmbeddingDataset.of("pairs", rows), passages);
    assertEquals(List.of(4545, 4500, 4244), told.subList(0, 3));
    assertEquals(0, told.get(told.size() - 1));
    assertEquals(602, mined.triplets().size());
    assertEquals(0, mined.incomplete());
    for (int i = 0; i < rows.size(); i += 60) {
      String query = rows.get(i).texts().get(0);
      String positive = rows.get(i).texts().get(1);
      List<String> nearest =
          passages.stream()
              .filter(text -> !text.equals(positive) && !text.equals(query))
              .sorted(Comparator.comparing(text -> -cosine(vectors.get(query), vectors.get(text))))
              .limit(2)
              .toList();
      assertEquals(
          nearest,
          mined.triplets().subList(2 * i, 2 * i + 2).stream().map(Triplet::negative).toList());
    }
    assertEquals(3, mined.dataset("mined").texts());
  }

  private static float[] vector(Random random) {
    float[] vector = new float[9];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      left += (double) a[i] * a[i];
      right += (double) b[i] * b[i];
    }
    return product / Math.sqrt(left * right);
  }

  @Test
  void whatCannotBeFoundIsRefusedOrCounted() {
    HardNegatives negatives =
        HardNegatives.of(texts -> texts.stream().map(t -> new float[] {1}).toList());
    EmbeddingDataset pairs =
        EmbeddingDataset.of("pairs", List.of(Row.of("a", "b"), Row.of("c", "d")));
    assertThrows(IllegalArgumentException.class, () -> negatives.numNegatives(0));
    assertThrows(IllegalArgumentException.class, () -> negatives.rangeMin(-1));
    assertThrows(IllegalArgumentException.class, () -> negatives.maxScore(1.5f));
    assertThrows(IllegalArgumentException.class, () -> negatives.relativeMargin(Float.NaN));
    Mined mined = negatives.mine(pairs, List.of());
    assertEquals(2, mined.triplets().size()); // of 6
    assertEquals(2, mined.incomplete());
    assertEquals(0, negatives.relativeMargin(0.1f).mine(pairs, List.of()).triplets().size());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> negatives.rangeMin(3).rangeMax(5).mine(pairs, List.of()));
    assertTrue(
        refused.getMessage().contains("3 negatives of the nearest from 3 to 5"),
        refused.getMessage());
  }
}
