package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.tensor.PackedSequences;

/** Reads golden values, and compares with them. */
public final class Goldens {
  private Goldens() {}

  /** The {@code sequences} of an inputs.json, end to end. */
  public static TokenBatch batch(JsonNode inputs) {
    JsonNode sequences = inputs.get("sequences");
    int[] lengths = new int[sequences.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = sequences.get(i).get("input_ids").size();
    }
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new int[packed.tokens()];
    int[] types = new int[packed.tokens()];
    int row = 0;
    for (JsonNode sequence : sequences) {
      for (int i = 0; i < sequence.get("input_ids").size(); i++) {
        ids[row] = sequence.get("input_ids").get(i).asInt();
        types[row++] = sequence.get("token_type_ids").get(i).asInt();
      }
    }
    return new TokenBatch(ids, types, packed);
  }

  /** {@code |actual - expected| / |expected|}. */
  public static double relativeL2(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
  }
}
