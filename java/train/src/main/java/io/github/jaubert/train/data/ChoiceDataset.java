package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Prompts with choices, from a file or a list; they may have different numbers of choices.
 * Immutable.
 *
 * <pre>{@code
 * ChoiceDataset.read(
 *     path, TableFormat.JSONL, new ChoiceColumns("question", null, List.of("choices"), "answer"), true)
 * }</pre>
 */
public final class ChoiceDataset {
  private final Source source;
  private final List<Choices> rows;

  private ChoiceDataset(Source source, List<Choices> rows) {
    this.source = source;
    this.rows = List.copyOf(rows);
  }

  /**
   * Rows that are in memory already.
   *
   * @param source what errors call them
   * @throws DataException if there are none
   */
  public static ChoiceDataset of(String source, List<Choices> rows) {
    return of(Source.of(source), rows);
  }

  private static ChoiceDataset of(Source source, List<Choices> rows) {
    if (rows.isEmpty()) {
      throw new DataException(source.toString(), "has no rows");
    }
    return new ChoiceDataset(source, rows);
  }

  /**
   * Reads a file. A choice whose cell is empty or not there is none. The answer is the text of a
   * choice, its number from 0, or its letter from A; what could be a text and a number is the text.
   *
   * @param header whether the first line names the columns; otherwise they are called 0, 1, 2, …
   * @throws DataException if a column is not there, a row has fewer than two choices, or its answer
   *     is none of them
   */
  public static ChoiceDataset read(
      Path file, TableFormat format, ChoiceColumns columns, boolean header) {
    return read(Source.of(file), format, columns, header);
  }

  /**
   * The same of several files, whose rows follow one another.
   *
   * @param format null for what the name of each file ends in
   */
  public static ChoiceDataset read(
      Source files, TableFormat format, ChoiceColumns columns, boolean header) {
    Table table = Table.read(files, format, header);
    int prompt = table.column(columns.prompt());
    int beginning = columns.beginning() == null ? -1 : table.column(columns.beginning());
    int[] choices = columns.choices().stream().mapToInt(table::column).toArray();
    int answer = table.column(columns.answer());
    List<Choices> rows = new ArrayList<>();
    for (Table.Row row : table.rows()) {
      List<String> texts = new ArrayList<>();
      for (int column : choices) {
        List<String> cell = table.cellOrNull(row, column);
        if (cell != null) {
          cell.stream().filter(text -> !text.isBlank()).forEach(texts::add);
        }
      }
      int right = answer(table, row, EmbeddingDataset.only(table, row, answer).strip(), texts);
      String start = beginning < 0 ? "" : EmbeddingDataset.only(table, row, beginning).strip();
      try {
        rows.add(
            new Choices(
                EmbeddingDataset.only(table, row, prompt),
                start.isEmpty() ? texts : texts.stream().map(text -> start + " " + text).toList(),
                right,
                row.line()));
      } catch (IllegalArgumentException e) {
        throw new DataException(table.source(), row.line(), e.getMessage());
      }
    }
    return of(files, rows);
  }

  private static int answer(Table table, Table.Row row, String answer, List<String> choices) {
    int text = choices.indexOf(answer);
    if (text >= 0) {
      return text;
    }
    String number = LabelText.withoutFraction(answer); // pandas writes 1.0
    if (number.matches("\\d{1,6}")) {
      return Integer.parseInt(number);
    }
    if (answer.matches("[A-Z]")) {
      return answer.charAt(0) - 'A';
    }
    throw new DataException(
        table.source(),
        row.line(),
        "the answer '%s' is neither a choice, nor the number of one from 0, nor a letter from A"
            .formatted(answer));
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

  /** At most {@code count} of the rows, drawn by chance, the same for the same seed, in order. */
  public ChoiceDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " rows");
    }
    int[] order = IntStream.range(0, rows.size()).toArray();
    Rng.of(seed).shuffle(order);
    return new ChoiceDataset(
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
  public List<Choices> rows() {
    return rows;
  }

  /** How many rows there are. */
  public int size() {
    return rows.size();
  }

  /** The most choices of a row. */
  public int most() {
    return rows.stream().mapToInt(row -> row.choices().size()).max().orElseThrow();
  }
}
