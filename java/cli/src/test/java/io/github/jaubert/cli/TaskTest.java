package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is to be learned is told from the labels. */
class TaskTest {
  private static TextDataset labelled(String... labels) {
    return TextDataset.of(
        "train", Arrays.stream(labels).map(label -> Example.of("x", label)).toList());
  }

  @Test
  void wholeNumbersWrittenAsFractionsAreClasses() {
    assertEquals(Labels.of("0", "1"), Task.AUTO.labels(labelled("1.0", "0.0", "1.0")));
    assertEquals(
        Labels.of("-1", "2", "10"), Task.AUTO.labels(labelled("10.0", "-1.0", "2", "2.0")));
    assertEquals(Labels.of("0", "1"), Task.AUTO.labels(labelled("1", "0")));
    assertEquals(Labels.score(), Task.AUTO.labels(labelled("1.0", "0.5", "0.0")));
    String[] fractions = IntStream.range(1, 30).mapToObj(i -> "." + i).toArray(String[]::new);
    assertEquals(Labels.score(), Task.AUTO.labels(labelled(fractions)));
    assertEquals(21, Task.AUTO.labels(labelled(numbers(0, 21, 1))).size());
    assertEquals(99, Task.AUTO.labels(labelled(numbers(1, 99, 1))).size());
    assertEquals(Labels.score(), Task.AUTO.labels(labelled(numbers(0, 21, 2))));
    assertEquals(Labels.score(), Task.AUTO.labels(labelled(numbers(5, 21, 1))));
    assertEquals(Labels.score(), Task.AUTO.labels(labelled(numbers(0, 101, 1))));
    // Who says what is to be learned is taken at their word.
    assertEquals(Labels.score(), Task.REGRESSION.labels(labelled("1.0", "0.0")));
    assertEquals(Labels.of("0.0", "1.0"), Task.CLASSIFICATION.labels(labelled("1.0", "0.0")));
  }

  private static String[] numbers(int first, int count, int step) {
    return IntStream.range(0, count).mapToObj(i -> first + i * step + ".0").toArray(String[]::new);
  }

  @Test
  void numbersWithCommasAreRefused() {
    for (List<String> labels :
        List.of(List.of("3,25", "2.5"), List.of("1,234.5", "7"), List.of("1.234,5", "2,0", "1"))) {
      DataException error =
          assertThrows(
              DataException.class, () -> Task.AUTO.labels(labelled(labels.toArray(String[]::new))));
      assertEquals(
          "train:0: label "
              + labels.get(0)
              + " is a number with a comma; write scores as 1234.5, or choose --task classification,"
              + " or --label-separator if these are several labels",
          error.getMessage());
    }
    TextDataset names = labelled("3,25", "a,b");
    assertEquals(Labels.of("3,25", "a,b"), Task.AUTO.labels(names));
    TextDataset commas = labelled("3,25", "2,5");
    assertEquals(Labels.of("2,5", "3,25"), Task.CLASSIFICATION.labels(commas));
  }
}
