package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingTest {
  @Test
  void aLineOfAPeerIsRead() {
    Reading read =
        Reading.parse(
            "{\"work\": \"attention forward d64 S128\", \"unit\": \"ms\", \"value\": 1.23, \"samples\":"
                + " [1.25, 1.2], \"flops\": 1.2e9, \"peer\": \"PyTorch 2.13.0\", \"threads\": 2}");
    assertEquals(
        new Reading(
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
    Reading zero = new Reading("nothing", "bytes/call", 0, List.of(), 0, 3, "");
    assertEquals(zero, Reading.parse(zero.toJson()));
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
  void whatIsNoReadingIsRefusedWithTheLine(String line) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Reading.parse(line));
    assertTrue(e.getMessage().startsWith("no reading: " + line), e.getMessage());
  }
}
