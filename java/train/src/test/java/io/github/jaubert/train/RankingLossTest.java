package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against the classes of sentence-transformers; golden_ranking_losses.py computed the figures. */
class RankingLossTest {
  private static float[] floats(JsonNode numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers.get(i).asDouble();
    }
    return floats;
  }

  private static int[] ints(List<Integer> numbers) {
    return numbers.stream().mapToInt(i -> i).toArray();
  }

  /** The batch, its pairs found by looking at all. */
  private static RankingLoss.Passages passages(JsonNode golden, Tensor logits) {
    float[] scores = floats(golden.get("scores"));
    int[] sizes = new int[golden.get("sizes").size()];
    Arrays.setAll(sizes, i -> golden.get("sizes").get(i).asInt());
    int[] query = new int[scores.length];
    for (int i = 0, row = 0; i < sizes.length; i++) {
      for (int k = 0; k < sizes[i]; k++) {
        query[row++] = i;
      }
    }
    List<Integer> higher = new ArrayList<>();
    List<Integer> lower = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      for (int k = 0; k < scores.length; k++) {
        if (query[i] == query[k] && scores[i] > scores[k]) {
          higher.add(i);
          lower.add(k);
        }
      }
    }
    SpanRows table = SpanRows.of(PackedSequences.of(sizes), 7); // wider than it need be
    return new RankingLoss.Passages(
        logits,
        Tensor.of(scores, scores.length),
        Tensor.of(ints(higher)),
        Tensor.of(ints(lower)),
        Tensor.of(table.rows()),
        Tensor.of(table.padding(), sizes.length, table.width()));
  }

  private static void check(String name, RankingLoss loss) throws URISyntaxException {
    JsonNode golden =
        JsonFiles.readObject(
            Path.of(RankingLossTest.class.getResource("/golden/ranking-losses.json").toURI()));
    JsonNode wanted = golden.get("losses").get(name);
    assertEquals(name, loss.name());
    for (int parts : new int[] {1, 3}) { // as one batch, and as one of several of a step
      try (Scope scope = Scope.open()) {
        float[] values = floats(golden.get("logits"));
        Tensor logits = Tensor.of(values, values.length).requiresGrad(true);
        RankingLoss.Passages all = passages(golden, logits);
        float count =
            switch (loss.over()) {
              case PASSAGES -> values.length;
              case PAIRS -> all.higher().size(0);
              case QUERIES -> golden.get("sizes").size();
            };
        Tensor value = loss.of(all, parts * count);
        value.backward();
        double expected = wanted.get("value").asDouble() / parts;
        assertEquals(expected, value.item(), 1e-5 * Math.max(1, expected), name);
        float[] gradient = floats(wanted.get("gradient"));
        float[] actual = logits.grad().toFloats();
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < gradient.length; i++) {
          difference += Math.pow(actual[i] * (double) parts - gradient[i], 2);
          norm += Math.pow(gradient[i], 2);
        }
        assertTrue(norm > 0, name);
        assertTrue(Math.sqrt(difference / norm) < 1e-5, name + ": gradient");
      }
    }
  }

  @Test
  void theLossesAreThoseOfSentenceTransformers() throws URISyntaxException {
    check("binary", RankingLoss.binaryCrossEntropy());
    check("mse", RankingLoss.meanSquaredError());
    check("ranknet", RankingLoss.rankNet());
    check("listnet", RankingLoss.listNet());
  }
}
