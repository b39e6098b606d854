package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Questions of a table, see {@link QuestionDataset#table}. */
final class QuestionTableReader {
  private static final String START = "answer_start";
  private static final String ID = "id";

  /** SQuAD's, as Hugging Face's datasets have it: {@code {"text": […], "answer_start": […]}}. */
  private static final String ANSWERS = "answers";

  private final Path file;
  private final TableFormat format;
  private final String source;

  QuestionTableReader(Path file, TableFormat format) {
    this.file = file;
    this.format = format;
    source = file.toString();
  }

  /**
   * Reads all questions.
   *
   * @throws DataException if a column is missing, or an answer does not stand where it should
   */
  List<Question> read() {
    Table table = format.read(file, true);
    int question = table.column("question");
    int context = table.column("context");
    boolean nested = table.columns().contains(ANSWERS + ".text");
    String places = nested ? ANSWERS + "." + START : START;
    int answer = table.column(nested ? ANSWERS + ".text" : "answer");
    int start = table.columns().contains(places) ? table.column(places) : -1;
    int id = table.columns().contains(ID) ? table.column(ID) : -1;
    List<Question> questions = new ArrayList<>();
    for (Table.Row row : table.rows()) {
      String text = single(table, row, context);
      List<String> texts = values(table, row, answer);
      List<Question.Answer> answers =
          start < 0
              ? found(row.line(), texts, text)
              : placed(row.line(), texts, values(table, row, start), text);
      try {
        questions.add(
            new Question(
                id < 0 ? "of line " + row.line() : single(table, row, id),
                single(table, row, question),
                text,
                answers,
                row.line()));
      } catch (IllegalArgumentException e) {
        throw new DataException(source, row.line(), e.getMessage());
      }
    }
    return questions;
  }

  private String single(Table table, Table.Row row, int column) {
    List<String> cell = table.cell(row, column);
    if (cell.size() != 1) {
      throw new DataException(
          source,
          row.line(),
          "%s has %d values".formatted(table.columns().get(column), cell.size()));
    }
    return cell.get(0);
  }

  /** A cell without empty values; none if it is not there. */
  private static List<String> values(Table table, Table.Row row, int column) {
    List<String> cell = table.cellOrNull(row, column);
    return cell == null ? List.of() : cell.stream().filter(value -> !value.isEmpty()).toList();
  }

  private List<Question.Answer> found(long line, List<String> texts, String context) {
    List<Question.Answer> answers = new ArrayList<>();
    for (String text : texts) {
      int at = context.indexOf(text);
      if (at < 0) {
        throw new DataException(
            source, line, "the context does not have the answer '" + text + "'");
      }
      answers.add(new Question.Answer(text, at));
    }
    return answers;
  }

  private List<Question.Answer> placed(
      long line, List<String> texts, List<String> starts, String context) {
    List<Question.Answer> answers = new ArrayList<>();
    if (texts.isEmpty()) {
      return answers; // some write -1 as the place of no answer
    }
    if (texts.size() != starts.size()) {
      throw new DataException(
          source,
          line,
          "%d of answer and %d of answer_start".formatted(texts.size(), starts.size()));
    }
    for (int i = 0; i < texts.size(); i++) {
      try {
        answers.add(answer(texts.get(i), Integer.parseInt(starts.get(i).strip()), context));
      } catch (NumberFormatException e) {
        throw new DataException(
            source, line, "answer_start is '" + starts.get(i) + "', no whole number");
      }
    }
    return answers;
  }

  /** An answer whose place is counted in code points; one that is not in the context stays so. */
  static Question.Answer answer(String text, int start, String context) {
    boolean within = start >= 0 && start <= context.codePointCount(0, context.length());
    return new Question.Answer(text, within ? context.offsetByCodePoints(0, start) : start);
  }
}
