package io.github.jaubert.train.data;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes examples of the rows of a table.
 *
 * @param source the file, as errors name it
 */
record ExampleReader(String source, Columns columns) {
  private static final Logger LOG = LoggerFactory.getLogger(TextDataset.class);

  /** As CSV writes a text with quotes in it. */
  private static final Pattern QUOTED = Pattern.compile("\".*\"\".*\"", Pattern.DOTALL);

  private static final Pattern ENCLOSED = Pattern.compile("\".*\"", Pattern.DOTALL);

  /**
   * Which columns to take. A null {@code label} means that there are no labels; a null separator,
   * one label a row. Rows with a label in {@code skipped} are left out.
   */
  record Columns(
      String text,
      String pair,
      String label,
      String separator,
      boolean header,
      Set<String> skipped) {}

  /**
   * Takes the columns out of a table.
   *
   * @throws DataException if one is not there, or a cell is not what it should be
   */
  List<Example> read(Table table, TableFormat format) {
    if (columns.text == null) {
      throw new DataException(
          source,
          "choose the column of the text with text(…); the columns are "
              + String.join(", ", table.columns()));
    }
    int text = table.column(columns.text);
    int pair = columns.pair == null ? -1 : table.column(columns.pair);
    int label = columns.label == null ? -1 : table.column(columns.label);
    if (label >= 0 && table.flags().containsKey(columns.label)) {
      throw new DataException(
          source,
          table.rows().get(0).line(),
          table.flags().get(columns.label)
              + " looks like flags, one for each label, not names;"
              + " write the names of the labels that hold");
    }
    List<Example> examples = new ArrayList<>(table.rows().size());
    for (Table.Row row : table.rows()) {
      String second = pair < 0 ? null : only(table, row, pair);
      List<String> labels = label < 0 ? List.of() : labels(table, row, label);
      examples.add(new Example(only(table, row, text), second, labels, row.line()));
    }
    if (format == TableFormat.TSV) {
      warnOfQuotes(examples, "texts", Example::text);
      if (pair >= 0) {
        warnOfQuotes(examples, "second texts", Example::secondText);
      }
    }
    return kept(source, examples, columns.skipped);
  }

  /**
   * A single cell may well be a quotation of quotations; several, or all of them, are the work of a
   * writer.
   */
  private void warnOfQuotes(List<Example> examples, String what, Function<Example, String> column) {
    long quoted = count(examples, column, QUOTED);
    long enclosed = count(examples, column, ENCLOSED);
    quoted = enclosed == examples.size() ? enclosed : quoted;
    if (quoted > 1) {
      LOG.warn(
          "{}: {} of {} {} look quoted as in CSV; TSV is read without quoting,"
              + " TableFormat.QUOTED_TSV with it",
          source,
          quoted,
          examples.size(),
          what);
    }
  }

  private static long count(
      List<Example> examples, Function<Example, String> column, Pattern pattern) {
    return examples.stream().filter(row -> pattern.matcher(column.apply(row)).matches()).count();
  }

  private String only(Table table, Table.Row row, int column) {
    List<String> cell = table.cell(row, column);
    if (cell.size() != 1) {
      throw new DataException(
          source, row.line(), table.columns().get(column) + " is an array; one text was expected");
    }
    return cell.get(0);
  }

  private List<String> labels(Table table, Table.Row row, int column) {
    if (row.cells().get(column) == null && columns.skipped.contains("")) {
      return List.of("");
    }
    List<String> cell = table.cell(row, column);
    if (columns.separator != null && cell.size() == 1) {
      return Pattern.compile(columns.separator, Pattern.LITERAL)
          .splitAsStream(cell.get(0))
          .map(String::strip)
          .filter(label -> !label.isEmpty())
          .toList();
    }
    List<String> labels = cell.stream().map(String::strip).toList();
    if (labels.contains("") && !columns.skipped.contains("")) {
      throw new DataException(
          source, row.line(), "the label is empty; skipLabels(\"\") leaves such rows out");
    }
    return labels;
  }

  /**
   * The rows that have none of some labels; those without any count as labelled with an empty text.
   *
   * @throws DataException if no row is left
   */
  static List<Example> kept(String source, List<Example> all, Set<String> skipped) {
    if (skipped.isEmpty()) {
      return List.copyOf(all);
    }
    List<Example> kept =
        all.stream()
            .filter(
                row ->
                    row.labels().stream().noneMatch(skipped::contains)
                        && !(row.labels().isEmpty() && skipped.contains("")))
            .toList();
    LOG.info(
        "{}: {} of {} rows are left out, labelled {}",
        source,
        all.size() - kept.size(),
        all.size(),
        skipped.stream().sorted().map(label -> "'" + label + "'").collect(joining(" or ")));
    if (kept.isEmpty()) {
      throw new DataException(source, "every row is left out");
    }
    return kept;
  }
}
