package io.github.jaubert.measure;

import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.measure.Item.Columns;
import io.github.jaubert.measure.Item.Items;
import io.github.jaubert.measure.Item.Source;
import io.github.jaubert.measure.bias.BiasListener;
import io.github.jaubert.measure.bias.MaskedScorer;
import io.github.jaubert.measure.similar.ReadText;
import io.github.jaubert.measure.similar.TextIndex;
import io.github.jaubert.measure.text.Names;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Measures a data set: how long its texts are, which words and labels it has, what is in it more
 * than once, and what of it is in other data, too.
 *
 * <pre>{@code
 * DataReport report = DataMeasurement.of(train, TableFormat.TSV)
 *     .text("sentence").label("label").tokenizer(tokenizer).against(dev, TableFormat.TSV).run();
 * }</pre>
 *
 * <p>Files are read once, row by row, with all cores. What stays in memory is bounded: about 130
 * bytes for each different text, of at most 4 million ({@link TextIndex}); at most a million words
 * with their counts, of which the rarest are dropped beyond that; 10,000 labels; and some thousand
 * lengths.
 */
public final class DataMeasurement {
  /** Jaccard's index from which on texts are similar, unless another is asked for. */
  public static final double SIMILAR = 0.8;

  private static final int BATCH_ROWS = 2048;
  private static final int BATCH_CHARACTERS = 4_000_000;

  private final Source data;
  private Source other;
  private Columns columns = new Columns("text", null, null, null);
  private boolean ordinal;
  private boolean quick;
  private Tokenizer tokenizer;
  private double threshold = SIMILAR;
  private List<List<String>> terms = Associations.USUAL;
  private long seed = 42;
  private MaskedScorer scorer;
  private int scored;
  private Embeddings encoder;
  private int clusters;
  private int clustered;
  private BiasListener embedded = BiasListener.NONE;
  private Names names;
  private LongConsumer progress = rows -> {};

  private DataMeasurement(Source data) {
    this.data = data;
  }

  /** The rows of a file whose first line, if the format has no names, names the columns. */
  public static DataMeasurement of(Path file, TableFormat format) {
    return of(file, format, true);
  }

  /** The rows of a file; without a header columns are called 0, 1, 2, … */
  public static DataMeasurement of(Path file, TableFormat format, boolean header) {
    return new DataMeasurement(Item.file(file, format, header));
  }

  /** The lines of a file, each a text. */
  public static DataMeasurement ofLines(Path file) {
    return new DataMeasurement(Item.file(file, null, false));
  }

  /** Rows in memory. */
  public static DataMeasurement of(TextDataset data) {
    DataMeasurement measurement = new DataMeasurement(Item.dataset(data));
    boolean pairs = data.rows().stream().anyMatch(row -> row.secondText() != null);
    boolean labelled = data.rows().stream().anyMatch(row -> !row.labels().isEmpty());
    measurement.columns =
        new Columns("text", pairs ? "pair" : null, labelled ? "label" : null, null);
    return measurement;
  }

  /** The column of the texts, or of the first of pairs. Default: text. */
  public DataMeasurement text(String column) {
    columns = new Columns(column, columns.pair(), columns.label(), columns.separator());
    return this;
  }

  /** The column of the second texts. */
  public DataMeasurement pair(String column) {
    columns = new Columns(columns.text(), column, columns.label(), columns.separator());
    return this;
  }

  /** The column of the labels. */
  public DataMeasurement label(String column) {
    columns = new Columns(columns.text(), columns.pair(), column, columns.separator());
    return this;
  }

  /** What stands between labels where a row may have several. */
  public DataMeasurement separator(String separator) {
    columns = new Columns(columns.text(), columns.pair(), columns.label(), separator);
    return this;
  }

  /** Labels that are whole numbers are in an order, as stars are, so that they have a mean. */
  public DataMeasurement ordinal(boolean on) {
    ordinal = on;
    return this;
  }

  /** Counts tokens, and how many texts are longer than the tokenizer keeps of one. */
  public DataMeasurement tokenizer(Tokenizer with) {
    tokenizer = with;
    return this;
  }

  /** A file with the same columns, such as the data to be judged by. */
  public DataMeasurement against(Path file, TableFormat format, boolean header) {
    other = Item.file(file, format, header);
    return this;
  }

  /** The same with a text in each line. */
  public DataMeasurement againstLines(Path file) {
    other = Item.file(file, null, false);
    return this;
  }

  /** The same in memory. */
  public DataMeasurement against(TextDataset rows) {
    other = Item.dataset(rows);
    return this;
  }

  /**
   * Jaccard's index from which on texts are similar, from 0.5 to 1.
   *
   * @throws IllegalArgumentException if it is outside: fewer than one in two pairs that are less
   *     similar would be found
   */
  public DataMeasurement similar(double index) {
    if (!(index >= 0.5 && index <= 1)) {
      throw new IllegalArgumentException("similar %s: from 0.5 to 1".formatted(index));
    }
    threshold = index;
    return this;
  }

  /**
   * Words for people, whose company is counted: each term is its words, of which a text has one.
   * The first and second term are compared, the third and fourth, and so on. Default: he and she,
   * man and woman, and other English ones.
   */
  public DataMeasurement terms(List<List<String>> words) {
    terms = words.stream().map(List::copyOf).toList();
    return this;
  }

  /** Of the random samples that intervals and the plausibility of Zipf's law come from. */
  public DataMeasurement seed(long number) {
    seed = number;
    return this;
  }

  /**
   * Has a model for masked tokens tell how surprising texts are, of pairs the first. A text costs a
   * pass for each of its tokens, so that some are drawn.
   *
   * @param model is not closed
   * @param texts how many are drawn
   * @throws IllegalArgumentException if it is less than 1
   */
  public DataMeasurement perplexity(MaskedScorer model, int texts) {
    if (texts < 1) {
      throw new IllegalArgumentException("perplexity of " + texts + " texts; at least 1 is needed");
    }
    scorer = model;
    scored = texts;
    return this;
  }

  /**
   * Puts texts together that an encoder finds alike, of pairs the first: k-means (k-means++, the
   * best of 4 runs) on vectors of length one.
   *
   * @param model is not closed
   * @param count how many clusters; 0 for that number of at most 20 by which 2,000 texts are best
   *     apart, see {@link ClusterReport#silhouette}
   * @param texts how many are drawn at most, which are held in memory with their vectors
   * @param listener told how many texts have a vector
   * @throws IllegalArgumentException if the count is negative or there is no text to draw
   */
  public DataMeasurement clusters(Embeddings model, int count, int texts, BiasListener listener) {
    if (count < 0 || texts < 1) {
      throw new IllegalArgumentException("%d clusters of %d texts".formatted(count, texts));
    }
    encoder = model;
    clusters = count;
    clustered = texts;
    embedded = listener;
    return this;
  }

  /**
   * Counts names of persons and places as personal data, and masks them where texts are shown. Of a
   * text the first 50,000 characters are read; each text costs a pass of the model.
   *
   * @param tagger a model whose labels have types such as PER and LOC; it is not closed
   * @throws IllegalArgumentException if none of its labels is for names of persons or places
   */
  public DataMeasurement tagger(TokenClassification tagger) {
    names = new Names(tagger);
    return this;
  }

  /** Leaves words and lengths alone: what is left costs little beside training. */
  public DataMeasurement quick() {
    quick = true;
    return this;
  }

  /** Told now and then how many rows were read. */
  public DataMeasurement progress(LongConsumer listener) {
    progress = listener;
    return this;
  }

  // ---- measuring ----

  /**
   * Reads and measures.
   *
   * @throws io.github.jaubert.train.data.DataException if a file cannot be read, is empty, or lacks
   *     a column
   */
  public DataReport run() {
    long begin = System.nanoTime();
    try (TextIndex index = new TextIndex()) {
      Tally tally = new Tally(columns, ordinal, tokenizer, quick ? null : terms);
      if (scorer != null) {
        tally.draw(new Perplexity(scorer, scored, seed));
      }
      if (encoder != null) {
        tally.draw(new Clusters(encoder, clusters, clustered, seed, embedded));
      }
      if (names != null) {
        tally.named();
      }
      String source;
      try (Items items = data.open(columns)) {
        source = items.source();
        read(items, tally, index, names);
      }
      LeakReport leaks = other == null ? null : leaks(index);
      DuplicateReport duplicates = Similarity.duplicates(index, tally.rows(), threshold);
      DataReport report = tally.report(source, duplicates, leaks, seed, begin);
      return names == null ? report : ShownNames.masked(report, names);
    }
  }

  private LeakReport leaks(TextIndex learnt) {
    try (Items items = other.open(columns);
        TextIndex judged = new TextIndex()) {
      Tally tally = new Tally(columns, ordinal, null, null);
      read(items, tally, judged, null);
      return Similarity.leaks(items.source(), judged, tally.rows(), learnt, threshold);
    }
  }

  private void read(Items items, Tally tally, TextIndex index, Names names) {
    List<Item> batch = new ArrayList<>();
    long characters = 0;
    for (Item item = items.next(); item != null; item = items.next()) {
      batch.add(item);
      characters += length(item.text()) + length(item.pair());
      if (batch.size() == BATCH_ROWS || characters > BATCH_CHARACTERS) {
        add(batch, tally, index, names);
        progress.accept(tally.rows());
        batch.clear();
        characters = 0;
      }
    }
    add(batch, tally, index, names);
    progress.accept(tally.rows());
  }

  private static int length(String text) {
    return text == null ? 0 : text.length();
  }

  private static void add(List<Item> batch, Tally tally, TextIndex index, Names names) {
    List<List<Found>> found =
        names == null
            ? Collections.nCopies(batch.size(), List.of())
            : names.in(batch.stream().map(Item::all).toList());
    List<Tally.Seen> seen =
        IntStream.range(0, batch.size())
            .parallel()
            .mapToObj(i -> tally.see(batch.get(i), found.get(i)))
            .toList();
    for (Tally.Seen one : seen) {
      tally.add(one);
      ReadText text = one.read();
      if (text != null) {
        index.add(text, one.item().line(), one.item().labels().hashCode());
      }
    }
  }
}
