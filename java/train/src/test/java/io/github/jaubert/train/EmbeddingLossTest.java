package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against PyTorch in double precision; golden_embedding_losses.py computed the figures. */
class EmbeddingLossTest {
  private static final int ROWS = 5;
  private static final int WIDTH = 7;

  private static float[] floats(JsonNode numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers.get(i).asDouble();
    }
    return floats;
  }

  private static JsonNode golden() throws URISyntaxException {
    return JsonFiles.readObject(
        Path.of(EmbeddingLossTest.class.getResource("/golden/embedding-losses.json").toURI()));
  }

  private static List<Tensor> columns(JsonNode golden, int count) {
    List<Tensor> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      columns.add(Tensor.of(floats(golden.get("columns").get(i)), ROWS, WIDTH).requiresGrad(true));
    }
    return columns;
  }

  private static EmbeddingLoss.Vectors vectors(JsonNode golden, List<Tensor> columns) {
    return new EmbeddingLoss.Vectors(
        columns,
        Tensor.of(floats(golden.get("scores")), ROWS),
        Tensor.of(new int[] {0, 1, 2, 3, 4}, ROWS),
        null,
        guides(golden, columns.size()));
  }

  private static List<Tensor> guides(JsonNode golden, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Tensor.of(floats(golden.get("guides").get(i)), ROWS, 4))
        .toList();
  }

  private static void check(String name, EmbeddingLoss loss) throws URISyntaxException {
    JsonNode golden = golden();
    JsonNode wanted = golden.get("losses").get(name);
    for (int parts : new int[] {1, 3}) { // as one batch, and as one of several of a step
      try (Scope scope = Scope.open()) {
        List<Tensor> columns = columns(golden, wanted.get("gradients").size());
        Tensor value = loss.of(vectors(golden, columns), parts * ROWS);
        value.backward();
        double expected = wanted.get("value").asDouble() / parts;
        assertEquals(expected, value.item(), 1e-5 * Math.max(1, Math.abs(expected)), name);
        for (int i = 0; i < columns.size(); i++) {
          float[] gradient = floats(wanted.get("gradients").get(i));
          float[] actual = columns.get(i).grad().toFloats();
          double difference = 0;
          double norm = 0;
          for (int k = 0; k < gradient.length; k++) {
            difference += Math.pow(actual[k] * (double) parts - gradient[k], 2);
            norm += Math.pow(gradient[k], 2);
          }
          assertTrue(norm > 0, name + " has no gradient of column " + i);
          assertTrue(
              Math.sqrt(difference / norm) < 1e-5,
              "%s: gradient of column %d differs by %s"
                  .formatted(name, i, Math.sqrt(difference / norm)));
        }
      }
    }
  }

  @Test
  void theLossesAreThoseOfPyTorch() throws URISyntaxException {
    check("pairs", EmbeddingLoss.multipleNegativesRanking());
    check("triples", EmbeddingLoss.multipleNegativesRanking());
    check("cosent", EmbeddingLoss.cosent());
    check("cosine", EmbeddingLoss.cosineSimilarity());
    check("triplet", EmbeddingLoss.triplet());
    check("matryoshka", EmbeddingLoss.matryoshka(EmbeddingLoss.triplet(), 7, 3));
    check("gist_pairs", EmbeddingLoss.gist());
    check("gist_triples", EmbeddingLoss.gist());
    check("gist_margin", EmbeddingLoss.gist(0.05f, 0.3f));
  }

  @Test
  void whatIsExcludedIsNoNegative() throws URISyntaxException {
    JsonNode golden = golden();
    try (Scope scope = Scope.open()) {
      List<Tensor> columns = columns(golden, 2);
      float[] excluded = new float[ROWS * ROWS];
      for (int i = 0; i < excluded.length; i++) {
        excluded[i] = i % (ROWS + 1) == 0 ? 0 : EqualTexts.EXCLUDED; // all but the positive
      }
      EmbeddingLoss.Vectors all = vectors(golden, columns);
      Tensor loss =
          EmbeddingLoss.multipleNegativesRanking()
              .of(
                  new EmbeddingLoss.Vectors(
                      columns, null, all.positives(), Tensor.of(excluded, ROWS, ROWS), null),
                  ROWS);
      assertEquals(0, loss.item(), 1e-6);
    }
  }

  @Test
  void aTextIsNoNegativeOfItselfWhateverTheGuideSays() throws URISyntaxException {
    JsonNode golden = golden();
    try (Scope scope = Scope.open()) {
      List<Tensor> same = columns(golden, 1);
      List<Tensor> guides = guides(golden, 1);
      EmbeddingLoss.Vectors all = vectors(golden, same);
      float[] excluded = new float[ROWS * ROWS * 2];
      for (int i = 0; i < ROWS; i++) { // each text is anchor, positive and negative
        excluded[2 * ROWS * i + ROWS + i] = EqualTexts.EXCLUDED;
      }
      Tensor logits =
          GuidedNegatives.logits(
              new EmbeddingLoss.Vectors(
                  List.of(same.get(0), same.get(0), same.get(0)),
                  null,
                  all.positives(),
                  Tensor.of(excluded, ROWS, 2 * ROWS),
                  List.of(guides.get(0), guides.get(0), guides.get(0))),
              1,
              0);
      assertEquals(4 * ROWS, logits.size(1));
      float[] values = logits.toFloats();
      for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 4 * ROWS; k++) {
          float value = values[4 * ROWS * i + k];
          assertTrue(
              k % ROWS != i || (k < ROWS ? Math.abs(value - 1) < 1e-5 : value < -1e8),
              "%d, %d: %s".formatted(i, k, value));
          assertTrue(k % ROWS == i || value > -1e8, "%d, %d: %s".formatted(i, k, value));
        }
      }
    }
  }

  @Test
  void equalVectorsHaveAGradientThatIsANumber() {
    try (Scope scope = Scope.open()) {
      Tensor same = Tensor.of(new float[] {1, 2, 0, 0}, 2, 2).requiresGrad(true);
      Tensor loss =
          EmbeddingLoss.triplet()
              .of(new EmbeddingLoss.Vectors(List.of(same, same, same), null, null, null, null), 2);
      assertEquals(5, loss.item(), 1e-6);
      loss.backward();
      for (float gradient : same.grad().toFloats()) {
        assertTrue(Float.isFinite(gradient));
      }
    }
  }

  @Test
  void whatNoLossCanHaveIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> EmbeddingLoss.cosent(0));
    assertThrows(IllegalArgumentException.class, () -> EmbeddingLoss.triplet(Float.NaN));
    assertThrows(IllegalArgumentException.class, () -> EmbeddingLoss.gist(0, 0));
    assertThrows(IllegalArgumentException.class, () -> EmbeddingLoss.gist(1, Float.NaN));
    assertThrows(
        IllegalArgumentException.class, () -> EmbeddingLoss.matryoshka(EmbeddingLoss.cosent(), 0));
  }
}
