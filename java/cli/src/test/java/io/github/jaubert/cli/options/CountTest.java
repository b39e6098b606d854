package io.github.jaubert.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class CountTest {
  @ParameterizedTest
  @CsvSource({"5000, 5000", "30k, 30000", "200M, 200000000", "1.5B, 1500000000", "0.25m, 250000"})
  void readsUnits(String text, long expected) {
    assertEquals(expected, new Count().convert(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-3", "1.5", "k", "3 M", "1e6", "2T", "1.2345M"})
  void refusesWhatIsNone(String text) {
    assertThrows(TypeConversionException.class, () -> new Count().convert(text));
  }
}
