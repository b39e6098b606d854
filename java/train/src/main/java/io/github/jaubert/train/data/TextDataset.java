package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labelled texts, or pairs of texts, from a file or a list. Immutable; the file is read on first
 * use and then kept.
 *
 * <pre>{@code
 * TextDataset.tsv(path).text("sentence").label("label")
 * TextDataset.csv(path).noHeader().text("3").label("1")       // columns by number, from 0
 * TextDataset.jsonl(path).text("question").pair("answer").label("tags")
 * }</pre>
 *
 * <p>Whatever is wrong with the file is a {@link DataException} that names the file, the line and
 * the reason.
 */
public final class TextDataset {
  private static final Logger LOG = LoggerFactory.getLogger(TextDataset.class);

  /** As CSV writes a text with quotes in it. */
  private static final Pattern QUOTED = Pattern.compile("\".*\"\".*\"", Pattern.DOTALL);

  private static final Pattern INTEGER = Pattern.compile("-?\\d{1,18}");

  /**
   * Which columns to take. A null {@code label} means that there are no labels; a null separator,
   * one label a row.
   */
  private record Columns(
      String text, String pair, String label, String separator, boolean header) {}

  /**
   * What was read for the names of the columns, kept until the rows are taken from it. A pipe gives
   * its text only once, so that its table stays, for all data sets with the same header.
   */
  private static final class Kept {
    private Table table;

    synchronized Table table(Path file, TableFormat format, boolean header, boolean last) {
      Table read = table == null ? format.read(file, header) : table;
      table = last && Files.isRegularFile(file) ? null : read;
      return read;
    }
  }

  private final String source;
  private final Path file;
  private final TableFormat format;
  private final Columns columns;
  private final Kept kept;
  private List<Example> rows;

  private TextDataset(
      String source,
      Path file,
      TableFormat format,
      Columns columns,
      Kept kept,
      List<Example> rows) {
    this.source = source;
    this.file = file;
    this.format = format;
    this.columns = columns;
    this.kept = kept;
    this.rows = rows;
  }

  /** A file of a given format. */
  public static TextDataset of(Path file, TableFormat format) {
    return new TextDataset(
        file.toString(), file, format, new Columns(null, null, null, null, true), new Kept(), null);
  }

  /** Tab-separated values; a quote in them is a character like any other. */
  public static TextDataset tsv(Path file) {
    return of(file, TableFormat.TSV);
  }

  /** Comma-separated values, quoted as RFC 4180 says. */
  public static TextDataset csv(Path file) {
    return of(file, TableFormat.CSV);
  }

  /** One JSON object a line. */
  public static TextDataset jsonl(Path file) {
    return of(file, TableFormat.JSONL);
  }

  /** Examples that are in memory already. */
  public static TextDataset of(List<Example> examples) {
    return of("examples", examples);
  }

  /** Examples that are in memory already, and the name that errors give them. */
  public static TextDataset of(String source, List<Example> examples) {
    return new TextDataset(source, null, null, null, null, List.copyOf(examples));
  }

  /** The column of the text, or of the first text of a pair. */
  public TextDataset text(String column) {
    Columns c = columns();
    return with(new Columns(column, c.pair, c.label, c.separator, c.header));
  }

  /** The column of the second text of a pair. */
  public TextDataset pair(String column) {
    Columns c = columns();
    return with(new Columns(c.text, column, c.label, c.separator, c.header));
  }

  /** The column of the label or score. Without it the examples have no labels. */
  public TextDataset label(String column) {
    Columns c = columns();
    return with(new Columns(c.text, c.pair, column, c.separator, c.header));
  }

  /**
   * What stands between labels where a row may have several, for example {@code ","}; an empty cell
   * then has none.
   */
  public TextDataset separator(String separator) {
    if (separator.isEmpty()) {
      throw new IllegalArgumentException("the separator of labels is empty");
    }
    Columns c = columns();
    return with(new Columns(c.text, c.pair, c.label, separator, c.header));
  }

  /** The file has no header: its first line is a row, and the columns are called 0, 1, 2, … */
  public TextDataset noHeader() {
    if (format == TableFormat.JSONL) {
      throw new IllegalArgumentException(
          source + ": JSON lines name the columns in every row; there is no header to leave out");
    }
    Columns c = columns();
    return with(new Columns(c.text, c.pair, c.label, c.separator, false));
  }

  /**
   * At most {@code count} of the rows, drawn without regard to order or label, the same for the
   * same seed; they keep the order of the file.
   */
  public TextDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " rows");
    }
    List<Example> all = rows();
    if (count >= all.size()) {
      return this;
    }
    int[] order = new int[all.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Rng.of(seed).shuffle(order);
    return of(
        source, java.util.Arrays.stream(order, 0, count).sorted().mapToObj(all::get).toList());
  }

  /** The file, or the name that was given to a list: how errors call this data set. */
  public String source() {
    return source;
  }

  /** The names of the columns in the file. */
  public List<String> columnNames() {
    columns();
    return kept.table(file, format, columns.header, false).columns();
  }

  /** The examples in the order of the file. */
  public synchronized List<Example> rows() {
    if (rows == null) {
      rows = read();
    }
    return rows;
  }

  /** How many examples there are. */
  public int size() {
    return rows().size();
  }

  /**
   * The distinct labels: as numbers if all are integers, otherwise by their characters.
   *
   * @throws DataException if a row has no label
   */
  public List<String> labelNames() {
    Set<String> names = new LinkedHashSet<>();
    for (Example row : rows()) {
      if (row.labels().isEmpty() && (columns == null || columns.label == null)) {
        throw new DataException(
            source, row.line(), "has no label; choose the column with label(…)");
      }
      names.addAll(row.labels());
    }
    return sorted(names);
  }

  private static List<String> sorted(Collection<String> names) {
    boolean integers = names.stream().allMatch(name -> INTEGER.matcher(name).matches());
    Comparator<String> order =
        integers ? Comparator.comparingLong(Long::parseLong) : Comparator.naturalOrder();
    return names.stream().sorted(order.thenComparing(Comparator.naturalOrder())).toList();
  }

  private List<Example> read() {
    Table table = kept.table(file, format, columns.header, true);
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
      warnOfQuotes(examples);
    }
    return List.copyOf(examples);
  }

  /** A single cell may well be a quotation of quotations; several are the work of a writer. */
  private void warnOfQuotes(List<Example> examples) {
    long quoted = examples.stream().filter(row -> QUOTED.matcher(row.text()).matches()).count();
    if (quoted > 1) {
      LOG.warn(
          "{}: {} of {} texts look quoted as in CSV; TSV is read without quoting",
          source,
          quoted,
          examples.size());
    }
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
    List<String> cell = table.cell(row, column);
    if (columns.separator != null && cell.size() == 1) {
      return Pattern.compile(columns.separator, Pattern.LITERAL)
          .splitAsStream(cell.get(0))
          .map(String::strip)
          .filter(label -> !label.isEmpty())
          .toList();
    }
    List<String> labels = cell.stream().map(String::strip).toList();
    if (labels.contains("")) {
      throw new DataException(source, row.line(), "the label is empty");
    }
    return labels;
  }

  private Columns columns() {
    if (columns == null) {
      throw new IllegalStateException(source + ": a list of examples has no columns to choose");
    }
    return columns;
  }

  private TextDataset with(Columns changed) {
    Kept same = changed.header == columns.header ? kept : new Kept();
    return new TextDataset(source, file, format, changed, same, null);
  }

  @Override
  public String toString() {
    return source;
  }
}
