package io.github.jaubert.train.data;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes examples of the rows of a table.
 *
 * @param source the files, as errors name them
 */
record ExampleReader(Source source, Columns columns) {
  private static final Logger LOG = LoggerFactory.getLogger(TextDataset.class);

  /** As CSV writes a text with quotes in it. */
  private static final Pattern QUOTED = Pattern.compile("\".*\"\".*\"", Pattern.DOTALL);

  private static final Pattern ENCLOSED = Pattern.compile("\".*\"", Pattern.DOTALL);

  /** A cell of flags without the brackets around it, and what stands between them. */
  private static final Pattern BRACKETS = Pattern.compile("^[\\[(]\\s*|\\s*[])]$");

  private static final Pattern BETWEEN = Pattern.compile("\\s*[,;|/]\\s*|\\s+");
  private static final Pattern FLAG = Pattern.compile("(?i)[01](\\.0*)?|true|false");

  /**
   * Which columns to take, and how to read labels.
   *
   * @param label null: there are no labels
   * @param separator what stands between several labels of a row; null: a row has one
   * @param flags the names of the labels for each of which a row has a 1 or a 0; empty: it has
   *     names
   * @param skipped rows with one of these labels are left out
   */
  record Columns(
      String text,
      String pair,
      String label,
      String separator,
      List<String> flags,
      boolean header,
      Set<String> skipped) {
    static final Columns NONE = new Columns(null, null, null, null, List.of(), true, Set.of());

    Columns withText(String column) {
      return new Columns(column, pair, label, separator, flags, header, skipped);
    }

    Columns withPair(String column) {
      return new Columns(text, column, label, separator, flags, header, skipped);
    }

    Columns withLabel(String column) {
      return new Columns(text, pair, column, separator, flags, header, skipped);
    }

    Columns withSeparator(String between) {
      return new Columns(text, pair, label, between, flags, header, skipped);
    }

    Columns withFlags(List<String> names) {
      return new Columns(text, pair, label, separator, names, header, skipped);
    }

    Columns withoutHeader() {
      return new Columns(text, pair, label, separator, flags, false, skipped);
    }

    Columns without(Set<String> labels) {
      Set<String> all = new HashSet<>(skipped);
      all.addAll(labels);
      return new Columns(text, pair, label, separator, flags, header, Set.copyOf(all));
    }
  }

  /**
   * Takes the columns out of a table.
   *
   * @param unquoted whether it was read from TSV
   * @throws DataException if one is not there, or a cell is not what it should be
   */
  List<Example> read(Table table, boolean unquoted) {
    if (columns.text == null) {
      throw new DataException(
          source.toString(),
          "choose the column of the text with text(…); the columns are "
              + String.join(", ", table.columns()));
    }
    int text = table.column(columns.text);
    int pair = columns.pair == null ? -1 : table.column(columns.pair);
    int label = columns.label == null ? -1 : table.column(columns.label);
    if (label >= 0 && columns.flags.isEmpty()) {
      refuseFlags(table, label);
    }
    List<Example> examples = new ArrayList<>(table.rows().size());
    for (Table.Row row : table.rows()) {
      String second = pair < 0 ? null : only(table, row, pair);
      List<String> labels = label < 0 ? List.of() : labels(table, row, label);
      examples.add(new Example(only(table, row, text), second, labels, row.line()));
    }
    if (unquoted) {
      warnOfQuotes(examples, "texts", Example::text);
      if (pair >= 0) {
        warnOfQuotes(examples, "second texts", Example::secondText);
      }
    }
    return kept(source, examples, columns.skipped);
  }

  /**
   * Zeros and ones in a row say which labels hold. Taken for names, they would be two labels that
   * nearly every row has.
   */
  private void refuseFlags(Table table, int label) {
    String first = table.flags().get(columns.label);
    if (first == null) {
      int count = flagsIn(table.rows().get(0), label);
      boolean all =
          count > 1 && table.rows().stream().allMatch(row -> flagsIn(row, label) == count);
      first = all ? table.rows().get(0).cells().get(label).get(0) : null;
    }
    if (first != null) {
      throw new DataException(
          source,
          table.rows().get(0).line(),
          first
              + " looks like flags, one for each label, not names; flagLabels(…) gives the names");
    }
  }

  /** How many flags a cell that is one text holds; 0 if it holds anything else. */
  private int flagsIn(Table.Row row, int column) {
    List<String> cell = row.cells().get(column);
    if (cell == null || cell.size() != 1) {
      return 0;
    }
    String text = cell.get(0).strip();
    List<String> flags = flags(text);
    boolean all = flags.stream().allMatch(flag -> FLAG.matcher(flag).matches());
    boolean fraction = columns.separator == null && text.matches("\\d,\\d+");
    return all && !fraction ? flags.size() : 0;
  }

  private static List<String> flags(String cell) {
    String inner = BRACKETS.matcher(cell.strip()).replaceAll("");
    return BETWEEN.splitAsStream(inner).toList();
  }

  /** The names of the flags that are set. */
  private List<String> named(Table.Row row, List<String> cell) {
    List<String> flags = cell.size() == 1 ? flags(cell.get(0)) : cell;
    if (flags.size() != columns.flags.size()) {
      throw new DataException(
          source,
          row.line(),
          "%s for %d labels, %s"
              .formatted(cell, columns.flags.size(), String.join(", ", columns.flags)));
    }
    List<String> set = new ArrayList<>();
    for (int i = 0; i < flags.size(); i++) {
      if (!FLAG.matcher(flags.get(i)).matches()) {
        throw new DataException(source, row.line(), flags.get(i) + " is no flag, 0 or 1");
      }
      if (flags.get(i).startsWith("1") || flags.get(i).equalsIgnoreCase("true")) {
        set.add(columns.flags.get(i));
      }
    }
    return set;
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
    if (!columns.flags.isEmpty()) {
      return named(row, cell);
    }
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
  static List<Example> kept(Source source, List<Example> all, Set<String> skipped) {
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
      throw new DataException(source.toString(), "every row is left out");
    }
    return kept;
  }
}
