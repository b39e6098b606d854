package io.github.jaubert.measure;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.measure.Item.Columns;
import io.github.jaubert.measure.VocabularyReport.WordShare;
import io.github.jaubert.measure.similar.ReadText;
import io.github.jaubert.measure.statistics.LengthCounts;
import io.github.jaubert.measure.statistics.WordCounts;
import io.github.jaubert.measure.statistics.WordCounts.Counted;
import io.github.jaubert.measure.text.FunctionWords;
import io.github.jaubert.measure.text.Languages;
import io.github.jaubert.measure.text.PersonalData;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.measure.text.Words;
import io.github.jaubert.train.data.LabelText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is counted of rows: some of it row by row in any thread, the sums in one. */
final class Tally {
  private static final int MOST_WORDS = 1_000_000;
  private static final int LISTED = 200;

  /** What one row is, computed apart from all others. */
  record Seen(
      Item item,
      ReadText read,
      String[] words,
      String[] pairWords,
      List<Found> personal,
      String language,
      int tokens,
      int unknown) {}

  /** The counts of a column of texts. */
  private static final class Column {
    private long missing;
    private long blank;
    private long placeholders;
    private final LengthCounts characters = new LengthCounts();
    private final LengthCounts words = new LengthCounts();

    void add(String text, String[] own) {
      if (text == null) {
        missing++;
        return;
      }
      if (text.isBlank()) {
        blank++;
      } else if (isPlaceholder(text)) {
        placeholders++;
      }
      if (own != null) {
        characters.add(text.codePointCount(0, text.length()));
        words.add(own.length);
      }
    }

    TextReport report(String name) {
      return new TextReport(
          name, missing, blank, placeholders, LengthReport.of(characters), LengthReport.of(words));
    }
  }

  private final Columns columns;
  private final Tokenizer tokenizer; // null for none
  private final boolean quick;
  private final Column first = new Column();
  private final Column second = new Column();
  private final LabelCounts labels;
  private final WordCounts words = new WordCounts(MOST_WORDS);
  private final LengthCounts tokens = new LengthCounts();
  private final Associations associations; // null for the quick part
  private final People people = new People();
  private final Map<String, Long> languages = new TreeMap<>();
  private Perplexity perplexity; // null for none
  private Clusters clusters; // null for none
  private boolean named;
  private long allTokens;
  private long lost;
  private long unknown;
  private long truncated;
  private long rows;

  /**
   * @param tokenizer null for none
   * @param terms null if words, lengths and persons are left alone
   */
  Tally(Columns columns, boolean ordinal, Tokenizer tokenizer, List<List<String>> terms) {
    this.columns = columns;
    this.tokenizer = tokenizer;
    quick = terms == null;
    associations = quick ? null : new Associations(terms);
    labels = new LabelCounts(ordinal);
  }

  /** A cell such as nan; a hyphen alone may be a text. */
  private static boolean isPlaceholder(String text) {
    String cell = text.strip();
    return LabelText.saysMissing(cell) && !cell.equals("-");
  }

  /** Has texts drawn for a model. */
  void draw(Perplexity with) {
    perplexity = with;
  }

  /** Has texts drawn to be put together. */
  void draw(Clusters with) {
    clusters = with;
  }

  long rows() {
    return rows;
  }

  /** Names are looked for, and given with each row. */
  void named() {
    named = true;
  }

  /**
   * What a row is. Safe from any number of threads.
   *
   * @param names those in {@link Item#all}
   */
  Seen see(Item item, List<Found> names) {
    boolean none =
        (item.text() == null || item.text().isBlank())
            && (item.pair() == null || item.pair().isBlank());
    ReadText read = none ? null : ReadText.of(item.text() == null ? "" : item.text(), item.pair());
    String[] own = quick ? null : words(item.text());
    String[] pair = quick ? null : words(item.pair());
    int length = 0;
    int unknownTokens = 0;
    if (tokenizer != null && item.text() != null) {
      length = 2;
      for (String text :
          item.pair() == null ? List.of(item.text()) : List.of(item.text(), item.pair())) {
        int[] ids = tokenizer.plainIds(text);
        length += ids.length;
        for (int id : ids) {
          unknownTokens += id == tokenizer.unknownId() ? 1 : 0;
        }
      }
      length += item.pair() == null ? 0 : 1;
    }
    List<Found> personal = List.of();
    String language = null;
    if (!quick && item.text() != null) {
      personal = PersonalData.joined(PersonalData.in(item.all()), names);
      language = Languages.of(item.text(), own);
    }
    return new Seen(item, read, own, pair, personal, language, length, unknownTokens);
  }

  private static String[] words(String text) {
    if (text == null) {
      return new String[0];
    }
    List<String> all = new ArrayList<>();
    Words.forEach(text, all::add);
    return all.toArray(String[]::new);
  }

  /** Adds a row to the sums. */
  void add(Seen seen) {
    rows++;
    if (perplexity != null) {
      perplexity.add(seen.item());
    }
    if (clusters != null) {
      clusters.add(seen.item());
    }
    first.add(seen.item().text(), seen.words());
    if (columns.pair() != null) {
      second.add(seen.item().pair(), seen.pairWords());
    }
    if (columns.label() != null) {
      labels.add(seen.item().labels());
    }
    if (!quick) {
      for (String word : seen.words()) {
        words.add(word);
      }
      for (String word : seen.pairWords()) {
        words.add(word);
      }
      associations.add(seen.words(), seen.pairWords());
      people.add(seen.personal(), seen.item().line());
      if (seen.language() != null) {
        languages.merge(seen.language(), 1L, Long::sum);
      }
    }
    if (seen.tokens() > 0) {
      tokens.add(seen.tokens());
      allTokens += seen.tokens();
      unknown += seen.unknown();
      int over = Math.max(0, seen.tokens() - tokenizer.maxLength());
      lost += over;
      truncated += over > 0 ? 1 : 0;
    }
  }

  /**
   * All of it.
   *
   * @param begin when measuring began, in nanoseconds
   */
  DataReport report(
      String source, DuplicateReport duplicates, LeakReport leaks, long seed, long begin) {
    List<TextReport> texts = new ArrayList<>();
    texts.add(first.report(columns.text()));
    if (columns.pair() != null) {
      texts.add(second.report(columns.pair()));
    }
    LabelReport classes = columns.label() == null ? null : labels.report(columns.label());
    return new DataReport(
        source,
        rows,
        texts,
        tokenizer == null ? null : tokenReport(),
        classes,
        duplicates,
        leaks,
        quick ? null : vocabulary(),
        quick || words.error() > 0 ? null : ZipfFit.of(words.sorted(), seed),
        quick ? null : associations.report(seed),
        quick ? null : people.report(rows, named),
        quick ? null : languages(),
        perplexity == null ? null : perplexity.report(),
        clusters == null ? null : clusters.report(classes != null && !classes.classes().isEmpty()),
        (System.nanoTime() - begin) / 1e9);
  }

  private TokenReport tokenReport() {
    return new TokenReport(
        LengthReport.of(tokens),
        tokenizer.maxLength(),
        truncated,
        Similarity.share(truncated, tokens.size()),
        Similarity.share(lost, allTokens),
        Similarity.share(unknown, allTokens));
  }

  private List<LanguageShare> languages() {
    return languages.entrySet().stream()
        .map(
            one ->
                new LanguageShare(
                    one.getKey(), one.getValue(), Similarity.share(one.getValue(), rows)))
        .sorted(Comparator.comparingLong(LanguageShare::rows).reversed())
        .toList();
  }

  private VocabularyReport vocabulary() {
    String language =
        languages().stream()
            .map(LanguageShare::language)
            .filter(FunctionWords::isKnown)
            .findFirst()
            .orElse("en");
    List<Counted> sorted = words.sorted();
    List<WordShare> open = new ArrayList<>();
    List<WordShare> closed = new ArrayList<>();
    long closedWords = 0;
    long once = 0;
    for (Counted one : sorted) {
      boolean function = FunctionWords.contains(language, one.word());
      closedWords += function ? one.count() : 0;
      once += one.count() == 1 ? 1 : 0;
      List<WordShare> list = function ? closed : open;
      if (list.size() < LISTED) {
        list.add(
            new WordShare(one.word(), one.count(), Similarity.share(one.count(), words.total())));
      }
    }
    return new VocabularyReport(
        words.total(),
        words.distinct(),
        words.total() - closedWords,
        once,
        words.error(),
        open,
        closed);
  }
}
