package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Sentences of words with a tag each, from a file or a list: names to be found, parts of speech and
 * the like. Immutable; the file is read on first use and then kept.
 *
 * <pre>{@code
 * TaggedDataset.conll(path)                                   // first column: word, last: tag
 * TaggedDataset.conll(path).words("1").tags("3")              // columns by number, from 0
 * TaggedDataset.jsonl(path)                                   // {"tokens": […], "ner_tags": […]}
 * TaggedDataset.jsonl(path).names("O", "B-PER", "I-PER")      // the tags in it are numbers
 * }</pre>
 *
 * <p>Whatever is wrong with the file is a {@link DataException} that names the file, the line and
 * the reason.
 */
public final class TaggedDataset {
  /** The prefixes of all schemes, in the order that their labels have. */
  private static final String PREFIXES = "BIELSU";

  private static final String OUTSIDE = "O";

  private final Source source;
  private final Columns columns; // null: a list
  private final Function<Columns, List<TaggedSentence>> reader;
  private List<TaggedSentence> sentences;

  /**
   * Which columns to take.
   *
   * @param words null: as the format has it
   * @param tags null: as the format has it
   * @param names what the numbers stand for that the tags are; empty: they are names
   */
  record Columns(String words, String tags, List<String> names) {}

  private TaggedDataset(
      Source source,
      Columns columns,
      Function<Columns, List<TaggedSentence>> reader,
      List<TaggedSentence> sentences) {
    this.source = source;
    this.columns = columns;
    this.reader = reader;
    this.sentences = sentences;
  }

  /**
   * The format of the CoNLL shared tasks: a word a line with its columns, an empty line after each
   * sentence. Columns are divided by tabs if the first line of words has one, otherwise by spaces.
   * Lines of {@code -DOCSTART-} are left out, and so are comments: lines that begin with {@code #}
   * and have another number of columns than the others, or look like {@code # key = value}. The
   * word stands in the first column, the tag in the last, unless {@link #words} and {@link #tags}
   * say otherwise.
   */
  public static TaggedDataset conll(Path file) {
    return conll(Source.of(file));
  }

  /** The same of several files, whose sentences follow one another. */
  public static TaggedDataset conll(Source files) {
    return of(files, (file, columns) -> new ConllReader(file, columns).read());
  }

  /**
   * One JSON object a line, with an array of words and one of tags, as Hugging Face's data sets
   * have them: the words are {@code tokens} or {@code words}, the tags {@code ner_tags}, {@code
   * tags} or {@code labels}, whichever the first object has, unless {@link #words} and {@link
   * #tags} say otherwise. Tags are names, or numbers if {@link #names} tells what they stand for.
   */
  public static TaggedDataset jsonl(Path file) {
    return objects(Source.of(file), TableFormat.JSONL);
  }

  /** The same columns in Apache Parquet, read with {@code jaubert-parquet}. */
  public static TaggedDataset parquet(Path file) {
    return objects(Source.of(file), TableFormat.PARQUET);
  }

  /** The same of several files in one of these formats, whose sentences follow one another. */
  public static TaggedDataset objects(Source files, TableFormat format) {
    return of(files, (file, columns) -> new TaggedJsonReader(file, format, columns).read());
  }

  private static TaggedDataset of(
      Source files, BiFunction<Path, Columns, List<TaggedSentence>> reader) {
    return new TaggedDataset(
        files, new Columns(null, null, List.of()), columns -> read(files, columns, reader), null);
  }

  private static List<TaggedSentence> read(
      Source files, Columns columns, BiFunction<Path, Columns, List<TaggedSentence>> reader) {
    List<TaggedSentence> all = new ArrayList<>();
    for (int i = 0; i < files.files().size(); i++) {
      for (TaggedSentence one : reader.apply(files.files().get(i), columns)) {
        all.add(new TaggedSentence(one.words(), one.tags(), Source.line(i, one.line())));
      }
    }
    return all;
  }

  /** Sentences that are in memory already, and the name that errors give them. */
  public static TaggedDataset of(String source, List<TaggedSentence> sentences) {
    return of(Source.of(source), sentences);
  }

  private static TaggedDataset of(Source source, List<TaggedSentence> sentences) {
    return new TaggedDataset(source, null, null, List.copyOf(sentences));
  }

  /** The column of the words: a key, or of CoNLL a number from 0, or from -1 backwards. */
  public TaggedDataset words(String column) {
    return with(new Columns(column, columns().tags, columns().names));
  }

  /** The column of the tags: a key, or of CoNLL a number from 0, or from -1 backwards. */
  public TaggedDataset tags(String column) {
    return with(new Columns(columns().words, column, columns().names));
  }

  /** What the tags are called that the file gives as the numbers 0, 1, … */
  public TaggedDataset names(String... names) {
    return with(new Columns(columns().words, columns().tags, List.of(names)));
  }

  private Columns columns() {
    if (columns == null) {
      throw new IllegalStateException(source + ": a list of sentences has no columns to choose");
    }
    return columns;
  }

  private TaggedDataset with(Columns changed) {
    return new TaggedDataset(source, changed, reader, null);
  }

  /** The file, or the name that was given to a list: how errors call this data set. */
  public String source() {
    return source.toString();
  }

  /** The same, which also says where a sentence is. */
  public Source origin() {
    return source;
  }

  /** The sentences in the order of the file. */
  public synchronized List<TaggedSentence> sentences() {
    if (sentences == null) {
      sentences = List.copyOf(reader.apply(columns));
    }
    return sentences;
  }

  /** How many sentences there are. */
  public int size() {
    return sentences().size();
  }

  /**
   * At most {@code count} of the sentences, drawn without regard to order or tags, the same for the
   * same seed; they keep the order of the file.
   */
  public TaggedDataset sample(int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("a sample of " + count + " sentences");
    }
    List<TaggedSentence> all = sentences();
    if (count >= all.size()) {
      return this;
    }
    int[] order = IntStream.range(0, all.size()).toArray();
    Rng.of(seed).shuffle(order);
    return of(source, Arrays.stream(order, 0, count).sorted().mapToObj(all::get).toList());
  }

  /**
   * The distinct tags as labels of a model: {@code O} first, then by type, of each type the
   * beginning before the rest ({@code O, B-LOC, I-LOC, B-PER, I-PER}); tags without a letter and a
   * hyphen before the type by their characters.
   *
   * @throws DataException if there is none
   */
  public List<String> tagNames() {
    Set<String> names = new LinkedHashSet<>();
    sentences().forEach(sentence -> names.addAll(sentence.tags()));
    if (names.isEmpty()) {
      throw new DataException(source.toString(), "has no word with a tag");
    }
    return names.stream()
        .sorted(
            Comparator.comparing((String tag) -> !tag.equals(OUTSIDE))
                .thenComparing(TaggedDataset::type)
                .thenComparing(TaggedDataset::place)
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  private static boolean hasPrefix(String tag) {
    return tag.length() > 2 && tag.charAt(1) == '-' && PREFIXES.indexOf(tag.charAt(0)) >= 0;
  }

  private static String type(String tag) {
    return hasPrefix(tag) ? tag.substring(2) : tag;
  }

  private static int place(String tag) {
    return hasPrefix(tag) ? PREFIXES.indexOf(tag.charAt(0)) : -1;
  }

  @Override
  public String toString() {
    return source.toString();
  }
}
