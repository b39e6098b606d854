package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Queries, passages, and how well each passage answers its query: 0 or 1, or a grade. The passages
 * of a query are those with its text, wherever they stand. Immutable.
 *
 * <pre>{@code
 * RankingDataset.read(path, TableFormat.TSV, "query", "passage", "label", null, true)
 * }</pre>
 */
public final class RankingDataset {
  /**
   * A query and one of its passages.
   *
   * @param score how well it answers the query: finite, the higher the better
   * @param line where it begins in its file, from 1; 0 if it came from no file
   */
  public record Row(String query, String passage, float score, long line) {
    /** Checks the score. */
    public Row {
      if (!Float.isFinite(score)) {
        throw new IllegalArgumentException("score " + score + ": a finite number");
      }
    }

    /** One that came from no file. */
    public static Row of(String query, String passage, float score) {
      return new Row(query, passage, score, 0);
    }
  }

  private final Source source;
  private final List<Row> rows;
  private final List<int[]> queries;

  private RankingDataset(Source source, List<Row> rows) {
    this.source = source;
    this.rows = List.copyOf(rows);
    Map<String, List<Integer>> byQuery = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      byQuery.computeIfAbsent(rows.get(i).query(), query -> new ArrayList<>()).add(i);
    }
    queries =
        byQuery.values().stream()
            .map(numbers -> numbers.stream().mapToInt(i -> i).toArray())
            .toList();
  }

  /**
   * Rows that are in memory already.
   *
   * @param source what errors call them
   * @throws DataException if there are none
   */
  public static RankingDataset of(String source, List<Row> rows) {
    return of(Source.of(source), rows);
  }

  private static RankingDataset of(Source source, List<Row> rows) {
    if (rows.isEmpty()) {
      throw new DataException(source.toString(), "has no rows");
    }
    return new RankingDataset(source, rows);
  }

  /**
   * Reads a file. In JSON lines passage and score may be arrays of the same length: all passages of
   * a query in one line.
   *
   * @param query the column of queries
   * @param passage the column of passages
   * @param score the column of scores
   * @param relevant the label that stands for 1, all others for 0; null if scores are numbers
   * @param header whether the first line names the columns; otherwise they are called 0, 1, 2, …
   * @throws DataException if a column is not there, or a cell is not what it should be
   */
  public static RankingDataset read(
      Path file,
      TableFormat format,
      String query,
      String passage,
      String score,
      String relevant,
      boolean header) {
    return read(Source.of(file), format, query, passage, score, relevant, header);
  }

  /**
   * The same of several files, whose rows follow one another.
   *
   * @param format null for what the name of each file ends in
   */
  public static RankingDataset read(
      Source files,
      TableFormat format,
      String query,
      String passage,
      String score,
      String relevant,
      boolean header) {
    Table table = Table.read(files, format, header);
    int queries = table.column(query);
    int passages = table.column(passage);
    int scores = table.column(score);
    List<Row> rows = new ArrayList<>();
    for (Table.Row row : table.rows()) {
      String text = EmbeddingDataset.only(table, row, queries);
      List<String> all = table.cell(row, passages);
      List<String> labels = table.cell(row, scores);
      if (all.size() != labels.size()) {
        throw new DataException(
            table.source(),
            row.line(),
            "has %d of %s and %d of %s".formatted(all.size(), passage, labels.size(), score));
      }
      for (int i = 0; i < all.size(); i++) {
        float value = score(table, row, score, labels.get(i), relevant);
        rows.add(new Row(text, all.get(i), value, row.line()));
      }
    }
    if (relevant != null && rows.stream().allMatch(row -> row.score() == 0)) {
      throw new DataException(
          table.source().toString(),
          "no %s is %s, which stands for relevant".formatted(score, relevant));
    }
    return of(files, rows);
  }

  private static float score(
      Table table, Table.Row row, String column, String label, String relevant) {
    if (relevant != null) {
      return label.strip().equals(relevant) ? 1 : 0;
    }
    if (!LabelText.isNumber(label.strip())) {
      throw new DataException(
          table.source(),
          row.line(),
          "%s is %s, and a number was expected; of labels, say which is the relevant one"
              .formatted(column, label));
    }
    return EmbeddingDataset.number(table, row, column, label);
  }

  /**
   * The names of a file's columns.
   *
   * @throws DataException if it cannot be read
   */
  public static List<String> columns(Path file, TableFormat format, boolean header) {
    return EmbeddingDataset.columns(file, format, header);
  }

  /** The same of several files; {@code format} is null for what the name of each ends in. */
  public static List<String> columns(Source files, TableFormat format, boolean header) {
    return EmbeddingDataset.columns(files, format, header);
  }

  /** Divides all scores, such as by 3 to bring those from 0 to 3 to 0 to 1. */
  public RankingDataset divideScores(float by) {
    return new RankingDataset(
        source,
        rows.stream()
            .map(row -> new Row(row.query(), row.passage(), row.score() / by, row.line()))
            .toList());
  }

  /**
   * The passages of at most {@code count} of the queries, which are drawn by chance, the same for
   * the same seed; all stay in order.
   */
  public RankingDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " queries");
    }
    int[] order = IntStream.range(0, queries.size()).toArray();
    Rng.of(seed).shuffle(order);
    return new RankingDataset(
        source,
        Arrays.stream(order)
            .limit(count)
            .flatMap(query -> Arrays.stream(queries.get(query)))
            .sorted()
            .mapToObj(rows::get)
            .toList());
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

  /** The numbers of the rows of each query, in the order in which the queries first turn up. */
  public List<int[]> queries() {
    return queries.stream().map(int[]::clone).toList();
  }
}
