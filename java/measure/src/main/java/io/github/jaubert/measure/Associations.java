package io.github.jaubert.measure;

import io.github.jaubert.measure.AssociationReport.Association;
import io.github.jaubert.measure.AssociationReport.Difference;
import io.github.jaubert.measure.AssociationReport.Term;
import io.github.jaubert.measure.AssociationReport.WordDifference;
import io.github.jaubert.measure.statistics.Npmi;
import io.github.jaubert.measure.statistics.WordCounts;
import io.github.jaubert.measure.statistics.WordCounts.Counted;
import io.github.jaubert.measure.text.PersonalData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts which words are in one text with words for people. */
final class Associations {
  /** The terms that are looked for unless others are asked for; two in a line are compared. */
  static final List<List<String>> USUAL =
      List.of(
          List.of("he", "him", "his", "himself"),
          List.of("she", "her", "hers", "herself"),
          List.of("man", "men"),
          List.of("woman", "women"),
          List.of("boy", "boys"),
          List.of("girl", "girls"),
          List.of("father", "fathers", "dad"),
          List.of("mother", "mothers", "mom"),
          List.of("straight", "heterosexual"),
          List.of("gay", "lesbian", "queer", "homosexual"),
          List.of("cis", "cisgender"),
          List.of("trans", "transgender", "nonbinary"));

  private static final int MOST_WORDS = 200_000;
  private static final int MOST_TOGETHER = 50_000;
  private static final int FEWEST_TEXTS = 10;
  private static final int FEWEST_TOGETHER = 5;
  private static final int LISTED = 40;
  private static final int ROUNDS = 1000;

  private final List<List<String>> terms;
  private final Map<String, Integer> places = new HashMap<>();
  private final WordCounts words = new WordCounts(MOST_WORDS);
  private final List<WordCounts> together = new ArrayList<>(); // by term
  private final List<WordCounts> withBoth = new ArrayList<>(); // by pair of terms
  private final long[] having;
  private final long[] havingBoth;
  private long texts;

  /**
   * @param terms each the words of which a text has one; the first and second are compared, the
   *     third and fourth, and so on
   */
  Associations(List<List<String>> terms) {
    this.terms = terms;
    for (int i = 0; i < terms.size(); i++) {
      for (String word : terms.get(i)) {
        places.put(word, i);
      }
      together.add(new WordCounts(MOST_TOGETHER));
    }
    for (int i = 0; i + 1 < terms.size(); i += 2) {
      withBoth.add(new WordCounts(MOST_TOGETHER));
    }
    having = new long[terms.size()];
    havingBoth = new long[withBoth.size()];
  }

  /** Adds the words of a text. */
  void add(String[] text, String[] pair) {
    texts++;
    Set<String> own = new HashSet<>(List.of(text));
    own.addAll(List.of(pair));
    boolean[] has = new boolean[terms.size()];
    for (String word : own) {
      words.add(word);
      Integer place = places.get(word);
      if (place != null) {
        has[place] = true;
      }
    }
    for (int i = 0; i < has.length; i++) {
      if (has[i]) {
        having[i]++;
        own.forEach(together.get(i)::add);
      }
    }
    for (int pairOf = 0; pairOf < havingBoth.length; pairOf++) {
      if (has[2 * pairOf] && has[2 * pairOf + 1]) {
        havingBoth[pairOf]++;
        own.forEach(withBoth.get(pairOf)::add);
      }
    }
  }

  AssociationReport report(long seed) {
    List<Term> found = new ArrayList<>();
    for (int i = 0; i < terms.size(); i++) {
      if (having[i] >= FEWEST_TEXTS) {
        found.add(new Term(terms.get(i).get(0), terms.get(i), having[i], associations(i)));
      }
    }
    List<Difference> differences = new ArrayList<>();
    for (int pair = 0; pair < havingBoth.length; pair++) {
      if (having[2 * pair] >= FEWEST_TEXTS && having[2 * pair + 1] >= FEWEST_TEXTS) {
        differences.add(difference(pair, seed));
      }
    }
    return new AssociationReport(texts, found, differences);
  }

  private List<Association> associations(int term) {
    return together.get(term).sorted().stream()
        .filter(one -> one.count() >= FEWEST_TOGETHER && !places.containsKey(one.word()))
        .map(one -> association(term, one))
        .sorted(Comparator.comparingDouble(Association::npmi).reversed())
        .limit(LISTED)
        .toList();
  }

  private Association association(int term, Counted one) {
    long own = Math.max(one.count(), words.of(one.word()));
    return new Association(
        PersonalData.maskedWord(one.word()),
        own,
        one.count(),
        Npmi.of(texts, own, having[term], one.count()));
  }

  private Difference difference(int pair, long seed) {
    int a = 2 * pair;
    int b = a + 1;
    List<WordDifference> all = new ArrayList<>();
    for (Counted one : together.get(a).sorted()) {
      String word = one.word();
      long other = together.get(b).of(word);
      if (Math.min(one.count(), other) >= FEWEST_TOGETHER && !places.containsKey(word)) {
        long own = Math.max(words.of(word), one.count() + other - withBoth.get(pair).of(word));
        double first = Npmi.of(texts, own, having[a], one.count());
        double second = Npmi.of(texts, own, having[b], other);
        all.add(new WordDifference(word, own, first, second, first - second, 0, 0));
      }
    }
    all.sort(
        Comparator.comparingDouble((WordDifference one) -> -Math.abs(one.difference()))
            .thenComparing(WordDifference::word));
    List<WordDifference> shown =
        all.subList(0, Math.min(LISTED, all.size())).stream()
            .map(one -> withInterval(pair, one, seed))
            .toList();
    return new Difference(terms.get(a).get(0), terms.get(b).get(0), shown);
  }

  private WordDifference withInterval(int pair, WordDifference one, long seed) {
    int a = 2 * pair;
    Npmi.Table table =
        new Npmi.Table(
            texts,
            one.texts(),
            having[a],
            having[a + 1],
            together.get(a).of(one.word()),
            together.get(a + 1).of(one.word()),
            havingBoth[pair],
            withBoth.get(pair).of(one.word()));
    double[] interval = table.interval(ROUNDS, seed + one.word().hashCode());
    return new WordDifference(
        PersonalData.maskedWord(one.word()),
        one.texts(),
        one.first(),
        one.second(),
        one.difference(),
        interval[0],
        interval[1]);
  }
}
