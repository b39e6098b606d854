package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementTest {
  @Test
  void aLineOfAPeerIsRead() {
    Measurement read =
        Measurement.parse(
            "{\"work\": \"attention forward d64 S128\", \"unit\": \"ms\", \"value\": 1.23, \"samples\":"
                + " [1.25, 1.2], \"flops\": 1.2e9, \"peer\": \"PyTorch 2.13.0\", \"threads\": 2}");
    assertEquals(
        new Measurement(
            "attention forward d64 S128",
            "ms",
            1.23,
            List.of(1.25, 1.2),
            1.2e9,
            0,
            "PyTorch 2.13.0"),
        read);
  }

  @Test
  void whatIsWrittenIsRead() {
    Measurement zero = new Measurement("nothing", "bytes/call", 0, List.of(), 0, 3, "");
    assertEquals(zero, Measurement.parse(zero.toJson()));
    assertFalse(zero.toJson().contains("flops"), zero.toJson());
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
        assertThrows(IllegalArgumentException.class, () -> Measurement.parse(line));
    assertTrue(e.getMessage().startsWith("no measurement: " + line), e.getMessage());
  }
}
