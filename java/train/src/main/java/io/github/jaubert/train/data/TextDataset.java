package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.ExampleReader.Columns;
import io.github.jaubert.train.files.Hashes;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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
  private static final Pattern INTEGER = Pattern.compile("-?\\d{1,18}");

  /** What Hugging Face calls labels without a name. */
  private static final Pattern UNNAMED = Pattern.compile("LABEL_\\d{1,9}");

  private static final int LISTED = 20;
  private static final Logger LOG = LoggerFactory.getLogger(TextDataset.class);

  /**
   * What was read for the names of the columns, kept until the rows are taken from it. A pipe gives
   * its text only once, so that its table stays, for all data sets with the same header.
   */
  private static final class Kept {
    private Table table;

    synchronized Table table(Source files, TableFormat format, boolean header, boolean last) {
      Table read = table == null ? Table.read(files, format, header) : table;
      table = last && files.canBeReadAgain() ? null : read;
      return read;
    }
  }

  private final Source source;
  private final TableFormat format; // null: as the name of each file has it
  private final Columns columns;
  private final Kept kept;
  private final Path cache; // null: rows are in memory
  private List<Example> rows;
  private String identity; // of rows that are in files; null until it is known

  private TextDataset(
      Source source,
      TableFormat format,
      Columns columns,
      Kept kept,
      Path cache,
      List<Example> rows) {
    this.source = source;
    this.format = format;
    this.columns = columns;
    this.kept = kept;
    this.cache = cache;
    this.rows = rows;
  }

  /** A file of a given format. */
  public static TextDataset of(Path file, TableFormat format) {
    return of(Source.of(file), format);
  }

  /**
   * Files whose rows follow one another.
   *
   * @param format null for what the name of each file ends in
   */
  public static TextDataset of(Source files, TableFormat format) {
    if (format == null) {
      files.files().forEach(TableFormat::of); // which says if a name tells nothing
    }
    return new TextDataset(files, format, Columns.NONE, new Kept(), null, null);
  }

  /** Files whose rows follow one another, of the formats that their names end in. */
  public static TextDataset files(List<Path> files) {
    return of(Source.of(files), (TableFormat) null);
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

  /** Apache Parquet, read with {@code jaubert-parquet}. */
  public static TextDataset parquet(Path file) {
    return of(file, TableFormat.PARQUET);
  }

  /** Examples that are in memory already. */
  public static TextDataset of(List<Example> examples) {
    return of("examples", examples);
  }

  /** Examples that are in memory already, and the name that errors give them. */
  public static TextDataset of(String source, List<Example> examples) {
    return of(Source.of(source), examples);
  }

  private static TextDataset of(Source source, List<Example> examples) {
    return new TextDataset(source, null, null, null, null, List.copyOf(examples));
  }

  /**
   * The same with rows, and later their tokens, in files and not in memory: for data that do not
   * fit there. Files are read once, row by row; what is learnt is the same to the last bit. They
   * must be files that can be read again, which a pipe is not.
   *
   * @param folder where the files are kept, in folders that are named by the content of the data
   *     and by all that was chosen; whoever comes with the same again finds them. It is made if it
   *     is missing, and may be deleted when no run uses it
   */
  public TextDataset cachedIn(Path folder) {
    if (!source.canBeReadAgain()) {
      source.size(); // which says if a file is not there
      throw new DataException(
          source.toString(), "cannot be read again, as rows that are kept in files need it");
    }
    return new TextDataset(source, format, columns(), new Kept(), folder, null);
  }

  /** Whether rows are kept in files, and not in memory. */
  public boolean isCached() {
    return cache != null;
  }

  /** Where rows are kept in files; null if they are in memory. */
  Path cache() {
    return cache;
  }

  /** Tells rows in files apart by all that their texts depend on. */
  String identity() {
    rows();
    return identity;
  }

  /** Other rows made of these, which are the same texts in the same order. */
  private TextDataset relabelled(List<Example> changed) {
    TextDataset data =
        new TextDataset(
            source, null, null, null, cache, cache == null ? List.copyOf(changed) : changed);
    data.identity = identity;
    return data;
  }

  /** Some of the rows. */
  private TextDataset picked(Source name, int[] numbers) {
    List<Example> all = rows();
    if (cache == null) {
      return of(name, Arrays.stream(numbers).mapToObj(all::get).toList());
    }
    TextDataset data =
        new TextDataset(
            name,
            null,
            null,
            null,
            cache,
            new ExampleView(numbers.length, row -> all.get(numbers[row])));
    data.identity = new Hashes().add(identity).add(numbers).name();
    return data;
  }

  /** Examples that are made when they are asked for. */
  private static final class ExampleView extends AbstractList<Example> implements RandomAccess {
    private final int size;
    private final IntFunction<Example> rows;

    ExampleView(int size, IntFunction<Example> rows) {
      this.size = size;
      this.rows = rows;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public Example get(int row) {
      return rows.apply(Objects.checkIndex(row, size));
    }
  }

  /** The column of the text, or of the first text of a pair. */
  public TextDataset text(String column) {
    return with(columns().withText(column));
  }

  /** The column of the second text of a pair. */
  public TextDataset pair(String column) {
    return with(columns().withPair(column));
  }

  /** The column of the label or score. Without it the examples have no labels. */
  public TextDataset label(String column) {
    return with(columns().withLabel(column));
  }

  /**
   * What stands between labels where a row may have several, for example {@code ","}; an empty cell
   * then has none.
   */
  public TextDataset separator(String separator) {
    if (separator.isEmpty()) {
      throw new IllegalArgumentException("the separator of labels is empty");
    }
    return with(columns().withSeparator(separator));
  }

  /**
   * The names of the labels of which the label column says whether they hold, a 1 or a 0 for each:
   * as an array, or in a text such as {@code [1, 0, 1]}, {@code 1 0 1} or {@code true;false}.
   */
  public TextDataset flagLabels(String... names) {
    return with(columns().withFlags(List.of(names)));
  }

  /**
   * Leaves rows out that have one of these labels, written as in the file, such as {@code -} where
   * nobody agreed, besides those that are left out already. An empty text stands for a label that
   * is empty or missing. The log says how many rows these are.
   */
  public TextDataset skipLabels(String... labels) {
    Set<String> skipped = Set.copyOf(Arrays.asList(labels));
    if (columns == null) {
      return picked(source, ExampleReader.kept(source, rows, skipped));
    }
    return with(columns.without(skipped));
  }

  /**
   * Gives labels other names, all at once: those of a model, say, to data that numbers them. Reads
   * the file, so that it comes after the choice of columns.
   *
   * @param names the new names by the old ones; labels that are not in it stay as they are
   * @throws DataException if no row has a label that is to be renamed
   */
  public TextDataset mapLabels(Map<String, String> names) {
    Set<String> there = new TreeSet<>();
    rows().forEach(row -> there.addAll(row.labels()));
    for (String old : names.keySet()) {
      if (!there.contains(old)) {
        throw new DataException(
            source.toString(),
            "no label " + old + " to rename; the labels are " + LabelText.listed(there, LISTED));
      }
    }
    List<Example> all = rows();
    return relabelled(new ExampleView(all.size(), row -> renamed(all.get(row), names)));
  }

  private static Example renamed(Example row, Map<String, String> names) {
    List<String> labels =
        row.labels().stream().map(label -> names.getOrDefault(label, label)).distinct().toList();
    return new Example(row.text(), row.secondText(), labels, row.line());
  }

  /** The file has no header: its first line is a row, and the columns are called 0, 1, 2, … */
  public TextDataset noHeader() {
    for (Path file : source.files()) {
      TableFormat its = format == null ? TableFormat.of(file) : format;
      if (its.namesColumns()) {
        throw new IllegalArgumentException(
            file + ": " + its + " names the columns; there is no header to leave out");
      }
    }
    return with(columns().withoutHeader());
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
    return picked(source, Arrays.stream(order, 0, count).sorted().toArray());
  }

  /**
   * At most {@code count} rows with each label, drawn by chance, the same for the same seed; they
   * keep the order of the file. Of rows with several labels each counts for all of its own.
   */
  public TextDataset sampleEach(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " rows of each label");
    }
    List<Example> all = rows();
    int[] order = new int[all.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Rng.of(seed).shuffle(order);
    Map<String, Integer> drawn = new HashMap<>();
    Set<Integer> chosen = new TreeSet<>();
    for (int row : order) {
      List<String> labels = all.get(row).labels();
      if (labels.stream().anyMatch(label -> drawn.getOrDefault(label, 0) < count)) {
        chosen.add(row);
        labels.forEach(label -> drawn.merge(label, 1, Integer::sum));
      }
    }
    return picked(source, chosen.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Two parts of a data set, which have its rows between them, in its order. */
  public record Split(TextDataset train, TextDataset heldOut) {}

  /**
   * Holds out rows to be judged by, which nothing is to be learnt from: about a share of all, and
   * of those with each label. A label of one row stays to be learnt from.
   *
   * @param share between 0 and 1
   * @param seed the same rows for the same seed
   * @throws DataException if one part would have no rows
   */
  public Split split(double share, long seed) {
    requireShare(share);
    return split(HeldOut.stratified(rows(), share, seed), share);
  }

  /**
   * The same by groups, whose rows are all in one part, such as those of an author: groups are
   * drawn until they have the share of all rows, or more.
   *
   * @param column says what group a row is of
   * @throws IllegalStateException if rows are in files
   */
  public Split splitByGroup(String column, double share, long seed) {
    requireShare(share);
    if (cache != null) {
      throw new IllegalStateException(source + ": groups are for rows in memory");
    }
    Table table = kept.table(source, format, columns().header(), false);
    int index = table.column(column);
    Map<Long, String> groups = new HashMap<>();
    table.rows().forEach(row -> groups.put(row.line(), String.join("\n", table.cell(row, index))));
    List<String> ofRows = rows().stream().map(row -> groups.get(row.line())).toList();
    return split(HeldOut.byGroup(source.toString(), ofRows, share, seed), share);
  }

  private static void requireShare(double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("a share of " + share + ": between 0 and 1");
    }
  }

  private Split split(boolean[] held, double share) {
    int[] train = IntStream.range(0, held.length).filter(row -> !held[row]).toArray();
    int[] out = IntStream.range(0, held.length).filter(row -> held[row]).toArray();
    if (train.length == 0 || out.length == 0) {
      throw new DataException(
          source.toString(),
          "of %d rows a share of %s is all or none".formatted(held.length, share));
    }
    return new Split(picked(source, train), picked(source.named(source + " (held out)"), out));
  }

  /** The file, or the name that was given to a list: how errors call this data set. */
  public String source() {
    return source.toString();
  }

  /** The same, which also says where a row is. */
  public Source origin() {
    return source;
  }

  /** The names of the columns in the file. */
  public List<String> columnNames() {
    columns();
    return cache != null
        ? StoredRows.columns(source, format, columns.header())
        : kept.table(source, format, columns.header(), false).columns();
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
   * The distinct labels: as numbers if all are integers, or of the kind of LABEL_2, otherwise by
   * their characters.
   *
   * @throws DataException if no row has a label
   */
  public List<String> labelNames() {
    Set<String> names = new LinkedHashSet<>();
    rows().forEach(row -> names.addAll(row.labels()));
    if (names.isEmpty()) {
      throw new DataException(
          source.toString(),
          "no row has a label"
              + (columns != null && columns.label() == null
                  ? "; choose the column with label(…)"
                  : ""));
    }
    return sorted(names);
  }

  /**
   * The columns that were chosen, as {@code text: sentence, label: label}; nothing for a list of
   * examples.
   */
  public String chosenColumns() {
    if (columns == null) {
      return "";
    }
    return "text: "
        + columns.text()
        + (columns.pair() == null ? "" : ", second text: " + columns.pair())
        + (columns.label() == null ? "" : ", label: " + columns.label());
  }

  private static List<String> sorted(Collection<String> names) {
    boolean integers = names.stream().allMatch(name -> INTEGER.matcher(name).matches());
    boolean unnamed = names.stream().allMatch(name -> UNNAMED.matcher(name).matches());
    Comparator<String> order = Comparator.naturalOrder();
    if (integers || unnamed) {
      order = Comparator.comparingLong(name -> Long.parseLong(name.replace("LABEL_", "")));
    }
    return names.stream().sorted(order.thenComparing(Comparator.naturalOrder())).toList();
  }

  private List<Example> read() {
    if (cache != null) {
      LOG.info("{}: rows and tokens are kept in files in {}", source, cache);
      identity = StoredRows.name(source, format, columns);
      return StoredRows.of(cache, identity, source, format, columns);
    }
    Table table = kept.table(source, format, columns.header(), true);
    return new ExampleReader(source, columns).read(table, TableFormat.TSV.isThatOf(source, format));
  }

  private Columns columns() {
    if (columns == null) {
      throw new IllegalStateException(source + ": a list of examples has no columns to choose");
    }
    return columns;
  }

  private TextDataset with(Columns changed) {
    Kept same = changed.header() == columns.header() ? kept : new Kept();
    return new TextDataset(source, format, changed, same, cache, null);
  }

  @Override
  public String toString() {
    return source.toString();
  }
}
