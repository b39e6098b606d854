package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.files.Packed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Questions about contexts, with answers that are parts of them, from a file or a list. Immutable;
 * the file is read on first use and then kept.
 *
 * <pre>{@code
 * QuestionDataset.squad(path)                        // train-v1.1.json, dev-v2.0.json
 * QuestionDataset.table(path, TableFormat.JSONL)     // {"question": …, "context": …, "answer": …}
 * }</pre>
 *
 * <p>Whatever is wrong with the file is a {@link DataException} that names the file, the line or
 * the question, and the reason.
 */
public final class QuestionDataset {
  private final Source source;
  private final Supplier<List<Question>> reader;
  private List<Question> questions;

  private QuestionDataset(
      Source source, Supplier<List<Question>> reader, List<Question> questions) {
    this.source = source;
    this.reader = reader;
    this.questions = questions;
  }

  /**
   * The JSON of SQuAD 1.1 and 2.0: {@code data}, {@code paragraphs} with a {@code context}, {@code
   * qas} with {@code answers}; one with {@code is_impossible} has no answer.
   */
  public static QuestionDataset squad(Path file) {
    return read(Source.of(file), one -> new SquadReader(one).read());
  }

  /**
   * A table with the columns {@code question}, {@code context}, {@code answer} and perhaps {@code
   * answer_start} and {@code id}. An empty answer is none. Where an answer begins is counted in
   * characters of Unicode from 0, as in SQuAD; without the column it is the first place that has
   * the answer. In JSON lines, answer and answer_start may be arrays.
   */
  public static QuestionDataset table(Path file, TableFormat format) {
    return read(Source.of(file), one -> new QuestionTableReader(one, format).read());
  }

  /**
   * A file by the end of its name: SQuAD's for {@code .json}, or a table.
   *
   * @throws DataException if it is neither
   */
  public static QuestionDataset of(Path file) {
    return of(Source.of(file), (TableFormat) null);
  }

  /**
   * Files whose questions follow one another.
   *
   * @param format null for what the name of each file ends in
   * @throws DataException if it is neither SQuAD's nor a table
   */
  public static QuestionDataset of(Source files, TableFormat format) {
    if (format == null) {
      files.files().stream().filter(file -> !isSquad(file)).forEach(TableFormat::of);
    }
    return read(
        files,
        file ->
            format == null && isSquad(file)
                ? new SquadReader(file).read()
                : new QuestionTableReader(file, format == null ? TableFormat.of(file) : format)
                    .read());
  }

  private static boolean isSquad(Path file) {
    return Packed.nameOf(file).endsWith(".json");
  }

  private static QuestionDataset read(Source files, Function<Path, List<Question>> reader) {
    return new QuestionDataset(
        files,
        () -> {
          List<Question> all = new ArrayList<>();
          for (int i = 0; i < files.files().size(); i++) {
            for (Question one : reader.apply(files.files().get(i))) {
              all.add(one.in(i));
            }
          }
          return all;
        },
        null);
  }

  /** Questions that are in memory already, and the name that errors give them. */
  public static QuestionDataset of(String source, List<Question> questions) {
    return of(Source.of(source), questions);
  }

  private static QuestionDataset of(Source source, List<Question> questions) {
    return new QuestionDataset(source, null, List.copyOf(questions));
  }

  /** The file, or the name that was given to a list: how errors call this data set. */
  public String source() {
    return source.toString();
  }

  /** The same, which also says where a question is. */
  public Source origin() {
    return source;
  }

  /**
   * The questions in the order of the file.
   *
   * @throws DataException if the file cannot be read, or has none
   */
  public synchronized List<Question> questions() {
    if (questions == null) {
      questions = List.copyOf(reader.get());
      if (questions.isEmpty()) {
        throw new DataException(source.toString(), "has no question");
      }
    }
    return questions;
  }

  /** How many questions there are. */
  public int size() {
    return questions().size();
  }

  /** How many of them have no answer. */
  public int impossible() {
    return (int) questions().stream().filter(Question::isImpossible).count();
  }

  /**
   * At most {@code count} of the questions, drawn without regard to order, the same for the same
   * seed; they keep the order of the file.
   *
   * @throws IllegalArgumentException if the count is less than 1
   */
  public QuestionDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " questions");
    }
    List<Question> all = questions();
    if (count >= all.size()) {
      return this;
    }
    int[] order = IntStream.range(0, all.size()).toArray();
    Rng.of(seed).shuffle(order);
    return of(source, Arrays.stream(order, 0, count).sorted().mapToObj(all::get).toList());
  }

  @Override
  public String toString() {
    return source.toString();
  }
}
