package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What vectors of sentences are trained by: rows of two or more texts, perhaps with a score.
 * Immutable.
 *
 * <pre>{@code
 * EmbeddingDataset.read(path, TableFormat.TSV, List.of("sentence1", "sentence2"), "score", true)
 * }</pre>
 */
public final class EmbeddingDataset {
  /**
   * A row.
   *
   * @param texts an anchor, a text that belongs to it, and perhaps texts that do not; or two texts
   *     and how much they belong together
   * @param score NaN without one
   * @param line where it begins in its file, from 1; 0 if it came from no file
   */
  public record Row(List<String> texts, float score, long line) {
    /** Checks and copies. */
    public Row {
      texts = List.copyOf(texts);
      if (texts.size() < 2) {
        throw new IllegalArgumentException("a row of " + texts.size() + " texts; from 2");
      }
    }

    /** Two texts and a score. */
    public static Row of(String text, String second, float score) {
      return new Row(List.of(text, second), score, 0);
    }

    /** Two texts that belong together, and those that do not. */
    public static Row of(String anchor, String positive, String... negatives) {
      List<String> texts = new ArrayList<>(List.of(anchor, positive));
      texts.addAll(Arrays.asList(negatives));
      return new Row(texts, Float.NaN, 0);
    }
  }

  private final Source source;
  private final List<Row> rows;

  private EmbeddingDataset(Source source, List<Row> rows) {
    this.source = source;
    this.rows = List.copyOf(rows);
  }

  /**
   * Rows that are in memory already.
   *
   * @param source what errors call them
   * @throws DataException if some have another number of texts, or no score where others have one
   */
  public static EmbeddingDataset of(String source, List<Row> rows) {
    return of(Source.of(source), rows);
  }

  private static EmbeddingDataset of(Source source, List<Row> rows) {
    if (rows.isEmpty()) {
      throw new DataException(source.toString(), "has no rows");
    }
    Row first = rows.get(0);
    for (Row row : rows) {
      if (row.texts().size() != first.texts().size()
          || Float.isNaN(row.score()) != Float.isNaN(first.score())) {
        throw new DataException(
            source,
            row.line(),
            "has %s, and the first row %s".formatted(describe(row), describe(first)));
      }
    }
    return new EmbeddingDataset(source, rows);
  }

  private static String describe(Row row) {
    return row.texts().size() + " texts and " + (Float.isNaN(row.score()) ? "no score" : "a score");
  }

  /**
   * Reads a file.
   *
   * @param texts the columns of the texts, two or more
   * @param score the column of the score; null for none
   * @param header whether the first line names the columns; otherwise they are called 0, 1, 2, …
   * @throws DataException if a column is not there, or a cell is not what it should be
   */
  public static EmbeddingDataset read(
      Path file, TableFormat format, List<String> texts, String score, boolean header) {
    return read(Source.of(file), format, texts, score, header);
  }

  /**
   * The same of several files, whose rows follow one another.
   *
   * @param format null for what the name of each file ends in
   */
  public static EmbeddingDataset read(
      Source files, TableFormat format, List<String> texts, String score, boolean header) {
    Table table = Table.read(files, format, header);
    int[] columns = texts.stream().mapToInt(table::column).toArray();
    int scores = score == null ? -1 : table.column(score);
    List<Row> rows = new ArrayList<>();
    for (Table.Row row : table.rows()) {
      List<String> cells =
          IntStream.of(columns).mapToObj(column -> only(table, row, column)).toList();
      rows.add(new Row(cells, scores < 0 ? Float.NaN : number(table, row, scores), row.line()));
    }
    return of(files, rows);
  }

  /**
   * The names of a file's columns.
   *
   * @throws DataException if it cannot be read
   */
  public static List<String> columns(Path file, TableFormat format, boolean header) {
    return columns(Source.of(file), format, header);
  }

  /** The same of several files; {@code format} is null for what the name of each ends in. */
  public static List<String> columns(Source files, TableFormat format, boolean header) {
    return Table.read(files, format, header).columns();
  }

  /**
   * The texts of one column of a file, such as passages to find negatives among.
   *
   * @throws DataException if the column is not there, or a cell holds no single text
   */
  public static List<String> texts(Path file, TableFormat format, String column, boolean header) {
    Table table = Table.read(Source.of(file), format, header);
    int index = table.column(column);
    return table.rows().stream().map(row -> only(table, row, index)).toList();
  }

  /** The only value of a cell. */
  static String only(Table table, Table.Row row, int column) {
    List<String> cell = table.cell(row, column);
    if (cell.size() != 1) {
      throw new DataException(
          table.source(),
          row.line(),
          table.columns().get(column) + " is an array; one text was expected");
    }
    return cell.get(0);
  }

  private static float number(Table table, Table.Row row, int column) {
    return number(table, row, table.columns().get(column), only(table, row, column));
  }

  /** A value of a cell as a finite number. */
  static float number(Table table, Table.Row row, String column, String value) {
    String text = value.strip();
    if (!LabelText.isNumber(text) || !Float.isFinite(Float.parseFloat(text))) {
      throw new DataException(
          table.source(),
          row.line(),
          "%s is %s, and a finite number was expected".formatted(column, text));
    }
    return Float.parseFloat(text);
  }

  /** Divides all scores, such as by 5 to bring those from 0 to 5 to 0 to 1. */
  public EmbeddingDataset divideScores(float by) {
    return new EmbeddingDataset(
        source,
        rows.stream().map(row -> new Row(row.texts(), row.score() / by, row.line())).toList());
  }

  /** At most {@code count} of the rows, drawn by chance, the same for the same seed, in order. */
  public EmbeddingDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " rows");
    }
    int[] order = IntStream.range(0, rows.size()).toArray();
    Rng.of(seed).shuffle(order);
    return new EmbeddingDataset(
        source, Arrays.stream(order).limit(count).sorted().mapToObj(rows::get).toList());
  }

  /** The file, or the name that was given: how errors call it. */
  public String source() {
    return source.toString();
  }

  /** The same, which also says where a row is. */
  public Source origin() {
    return source;
  }

  /** The rows in order. */
  public List<Row> rows() {
    return rows;
  }

  /** How many rows there are. */
  public int size() {
    return rows.size();
  }

  /** How many texts a row has. */
  public int texts() {
    return rows.get(0).texts().size();
  }

  /** Whether rows have scores. */
  public boolean hasScores() {
    return !Float.isNaN(rows.get(0).score());
  }
}
