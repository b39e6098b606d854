package io.github.jaubert.cli.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.measure.bias.BiasTable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BiasTextTest {
  private static String printed(BiasTable table) {
    StringWriter out = new StringWriter();
    BiasText.table(new PrintWriter(out, true), table);
    return out.toString();
  }

  @Test
  void whatFitsIsOnOneLine() {
    BiasTable table =
        new BiasTable("Shares", List.of("a", "bb"), List.of(BiasTable.Row.of("x", 10, "y")), 50);
    assertEquals("\n  Shares\n       a   bb\n    x  10  y\n", printed(table));
    BiasTable none = new BiasTable("None", List.of(), List.of(BiasTable.Row.of("x")), Double.NaN);
    assertEquals("\n  None\n\n    x\n", printed(none));
  }

  /** Each column is there once, with the names of the rows before it. */
  @Test
  void whatDoesNotFitIsInParts() {
    List<String> columns = IntStream.range(0, 9).mapToObj(i -> "column " + i).toList();
    List<Object> cells = Collections.nCopies(9, "60.51 [58.00, 63.00]");
    BiasTable table =
        new BiasTable(
            "Wide",
            columns,
            List.of(new BiasTable.Row("w".repeat(60), cells), new BiasTable.Row("second", cells)),
            Double.NaN);
    String out = printed(table);
    assertTrue(out.lines().allMatch(line -> line.length() <= 100), out);
    columns.forEach(column -> assertEquals(2, out.split(column, -1).length, out));
    long parts = out.lines().filter(line -> line.startsWith("    second")).count();
    assertEquals(5, parts, out);
    assertEquals(18, out.split("60\\.51", -1).length - 1, out);
    assertTrue(out.contains("    " + "w".repeat(47) + "…  60.51"), out);
  }
}
