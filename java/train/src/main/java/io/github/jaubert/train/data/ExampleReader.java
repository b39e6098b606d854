package io.github.jaubert.train.data;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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
    Pass pass = new Pass(unquoted);
    pass.header(table, false);
    List<Example> examples = new ArrayList<>(table.rows().size());
    for (Table.Row row : table.rows()) {
      Example example = pass.example(row);
      if (example != null) {
        examples.add(example);
      }
    }
    pass.end(table.flags());
    return examples;
  }

  /** Takes the columns out of rows that come one after another. */
  final class Pass {
    private final Quotes texts;
    private final Quotes seconds;
    private Table table; // has the names of the columns
    private int text;
    private int pair;
    private int label;
    private Table.Row first; // null: none yet
    private int flags; // in the label of the first row; 0 if there are none, or others elsewhere
    private int all;
    private int left;

    /**
     * Before the first row.
     *
     * @param unquoted whether rows are read from TSV
     */
    Pass(boolean unquoted) {
      texts = unquoted ? new Quotes("texts") : null;
      seconds = unquoted && columns.pair != null ? new Quotes("second texts") : null;
    }

    /**
     * The columns of the rows that follow.
     *
     * @param header of which the rows do not matter
     * @param growing whether columns that are not there may yet turn up
     */
    void header(Table header, boolean growing) {
      table = header;
      if (columns.text == null) {
        throw new DataException(
            source.toString(),
            "choose the column of the text with text(…); the columns are "
                + String.join(", ", table.columns()));
      }
      text = column(columns.text, growing);
      pair = column(columns.pair, growing);
      label = column(columns.label, growing);
    }

    private int column(String name, boolean growing) {
      boolean none = name == null || growing && !table.columns().contains(name);
      return none ? -1 : table.column(name);
    }

    /** The example of a row; null if it is left out. */
    Example example(Table.Row row) {
      if (first == null) {
        first = row;
        flags = label < 0 ? 0 : flagsIn(row, label);
        flags = flags > 1 ? flags : 0;
      } else if (flags > 0 && (label < 0 || flagsIn(row, label) != flags)) {
        flags = 0;
      }
      all++;
      String second = columns.pair == null ? null : only(row, pair, columns.pair);
      List<String> labels =
          columns.label == null ? List.of() : labels(table, row, label, columns.label);
      Example example = new Example(only(row, text, columns.text), second, labels, row.line());
      if (texts != null) {
        texts.add(example.text());
      }
      if (seconds != null) {
        seconds.add(second);
      }
      left += isLeftOut(example, columns.skipped) ? 1 : 0;
      return isLeftOut(example, columns.skipped) ? null : example;
    }

    private String only(Table.Row row, int column, String name) {
      List<String> cell = table.cell(row, column, name);
      if (cell.size() != 1) {
        throw new DataException(source, row.line(), name + " is an array; one text was expected");
      }
      return cell.get(0);
    }

    /**
     * After the last row.
     *
     * @param arrays the columns of flags, see {@link Table#flags}
     * @throws DataException if labels are no names, or no row is left
     */
    void end(Map<String, String> arrays) {
      if (columns.label != null && columns.flags.isEmpty()) {
        refuseFlags(arrays);
      }
      if (texts != null) {
        texts.warn(source, all);
      }
      if (seconds != null) {
        seconds.warn(source, all);
      }
      sayLeftOut(source, left, all, columns.skipped);
    }

    /**
     * Zeros and ones in a row say which labels hold. Taken for names, they would be two labels that
     * nearly every row has.
     */
    private void refuseFlags(Map<String, String> arrays) {
      String cell = arrays.get(columns.label);
      if (cell == null && flags > 0) {
        cell = first.cells().get(label).get(0);
      }
      if (cell != null) {
        throw new DataException(
            source,
            first.line(),
            cell
                + " looks like flags, one for each label, not names; flagLabels(…) gives the names");
      }
    }
  }

  /**
   * A single cell may well be a quotation of quotations; several, or all of them, are the work of a
   * writer.
   */
  private static final class Quotes {
    private final String what;
    private long quoted;
    private long enclosed;

    Quotes(String what) {
      this.what = what;
    }

    void add(String cell) {
      if (cell.indexOf('"') >= 0) {
        quoted += QUOTED.matcher(cell).matches() ? 1 : 0;
        enclosed += ENCLOSED.matcher(cell).matches() ? 1 : 0;
      }
    }

    void warn(Source source, int all) {
      long count = enclosed == all ? enclosed : quoted;
      if (count > 1) {
        LOG.warn(
            "{}: {} of {} {} look quoted as in CSV; TSV is read without quoting,"
                + " TableFormat.QUOTED_TSV with it",
            source,
            count,
            all,
            what);
      }
    }
  }

  /** How many flags a cell that is one text holds; 0 if it holds anything else. */
  private int flagsIn(Table.Row row, int column) {
    List<String> cell = column < row.cells().size() ? row.cells().get(column) : null;
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

  private List<String> labels(Table table, Table.Row row, int column, String name) {
    List<String> there = table.cellOrNull(row, column);
    if (there == null && columns.skipped.contains("")) {
      return List.of("");
    }
    List<String> cell = table.cell(row, column, name);
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
   * Whether a row has one of some labels; one without any counts as labelled with an empty text.
   */
  private static boolean isLeftOut(Example row, Set<String> skipped) {
    return !skipped.isEmpty()
        && (row.labels().stream().anyMatch(skipped::contains)
            || row.labels().isEmpty() && skipped.contains(""));
  }

  private static void sayLeftOut(Source source, int left, int all, Set<String> skipped) {
    if (skipped.isEmpty()) {
      return;
    }
    LOG.info(
        "{}: {} of {} rows are left out, labelled {}",
        source,
        left,
        all,
        skipped.stream().sorted().map(label -> "'" + label + "'").collect(joining(" or ")));
    if (left == all) {
      throw new DataException(source.toString(), "every row is left out");
    }
  }

  /**
   * The numbers of the rows that have none of some labels.
   *
   * @throws DataException if no row is left
   */
  static int[] kept(Source source, List<Example> all, Set<String> skipped) {
    int[] kept =
        IntStream.range(0, all.size()).filter(row -> !isLeftOut(all.get(row), skipped)).toArray();
    sayLeftOut(source, all.size() - kept.length, all.size(), skipped);
    return kept;
  }
}
