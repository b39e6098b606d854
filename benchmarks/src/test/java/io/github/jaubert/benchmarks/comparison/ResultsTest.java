package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultsTest {
  @Test
  void aLineOfAPeerIsRead() {
    Measurement read =
        Results.parse(
            "{\"work\": \"attention forward d64 S128\", \"unit\": \"ms\", \"value\": 1.23, \"samples\":"
                + " [1.25, 1.2], \"flops\": 1.2e9, \"peer\": \"PyTorch 2.13.0\", \"threads\": 2}");
    assertEquals("attention forward d64 S128", read.work());
    assertEquals("ms", read.unit());
    assertEquals(1.23, read.value());
    assertArrayEquals(new double[] {1.25, 1.2}, read.samples());
    assertEquals(1.2e9, read.flops());
    assertEquals(0, read.bytes());
    assertEquals("PyTorch 2.13.0", read.peer());
  }

  @Test
  void whatIsWrittenIsRead() {
    Measurement zero = new Measurement("nothing", "bytes/call", 0, new double[0], 0, 3, "");
    assertEquals(zero.json(), Results.parse(zero.json()).json());
    assertFalse(zero.json().contains("flops"), zero.json());
  }

  @Test
  void roundsInDifferentUnitsAreRefused() {
    Results results = new Results();
    results.add("DJL", List.of(new Measurement("step", "ms", 1, new double[0], 0, 0, "")));
    List<Measurement> other = List.of(new Measurement("step", "us", 1, new double[0], 0, 0, ""));
    assertThrows(IllegalArgumentException.class, () -> results.add("DJL", other));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"work\": \"a\", \"unit\": \"ms\"}",
        "{\"unit\": \"ms\", \"value\": 1}",
        "{\"work\": \"a\", \"value\": 1}",
        "{\"work\": \" \", \"unit\": \"ms\", \"value\": 1}",
        "{\"work\": \"a\", \"unit\": \"ms\", \"value\": \"NaN\"}",
        "{\"work\": \"a\", \"unit\": \"ms\", \"value\": 1} and more",
        "warming up"
      })
  void whatIsNoMeasurementIsRefusedWithTheLine(String line) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Results.parse(line));
    assertTrue(e.getMessage().startsWith("no measurement: " + line), e.getMessage());
  }
}
