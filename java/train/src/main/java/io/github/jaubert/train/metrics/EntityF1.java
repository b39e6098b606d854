package io.github.jaubert.train.metrics;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Precision, recall and F1 over whole entities: one counts as found if its first word, its last
 * word and its type are right. The figures are those of seqeval, on the scale 0 to 1.
 *
 * <p>Mutable and not thread-safe: {@link #reset}, {@link #update} for each sentence, then {@link
 * #result}.
 */
public final class EntityF1 {
  /**
   * The figures of a type, or of all.
   *
   * @param precision the share of the predicted entities that are right; 0 if none was predicted
   * @param recall the share of the true entities that were found; 0 if there is none
   * @param f1 their harmonic mean; 0 if both are
   * @param support the number of true entities
   */
  public record Scores(double precision, double recall, double f1, long support) {}

  private static final class Counts {
    private long predicted;
    private long actual;
    private long both;

    void add(Counts other) {
      predicted += other.predicted;
      actual += other.actual;
      both += other.both;
    }

    Scores scores() {
      return new Scores(
          predicted == 0 ? 0 : (double) both / predicted,
          actual == 0 ? 0 : (double) both / actual,
          predicted + actual == 0 ? 0 : 2.0 * both / (predicted + actual),
          actual);
    }
  }

  private final TagScheme scheme;
  private final SortedMap<String, Counts> types = new TreeMap<>();
  private long words;
  private long right;

  /** Reads tags as {@code conlleval} does, see {@link TagScheme#CONLLEVAL}. */
  public EntityF1() {
    this(TagScheme.CONLLEVAL);
  }

  /** Reads tags by a scheme. */
  public EntityF1(TagScheme scheme) {
    this.scheme = scheme;
  }

  /** Forgets all sentences. */
  public void reset() {
    types.clear();
    words = 0;
    right = 0;
  }

  /**
   * Adds a sentence.
   *
   * @param predicted a tag for each word
   * @param actual as many
   * @throws IllegalArgumentException if there are not as many, or a tag does not belong to the
   *     scheme; nothing is counted then
   */
  public void update(List<String> predicted, List<String> actual) {
    if (predicted.size() != actual.size()) {
      throw new IllegalArgumentException(
          "update: %d predicted tags and %d true ones".formatted(predicted.size(), actual.size()));
    }
    Set<TagScheme.Entity> found = new HashSet<>(scheme.entities(predicted));
    Set<TagScheme.Entity> there = new HashSet<>(scheme.entities(actual));
    found.forEach(entity -> counts(entity).predicted++);
    for (TagScheme.Entity entity : there) {
      counts(entity).actual++;
      if (found.contains(entity)) {
        counts(entity).both++;
      }
    }
    words += actual.size();
    for (int i = 0; i < actual.size(); i++) {
      right += predicted.get(i).equals(actual.get(i)) ? 1 : 0;
    }
  }

  private Counts counts(TagScheme.Entity entity) {
    return types.computeIfAbsent(entity.type(), type -> new Counts());
  }

  /** The figures over the entities of all types together: the micro average. */
  public Scores overall() {
    Counts all = new Counts();
    types.values().forEach(all::add);
    return all.scores();
  }

  /** The figures of each type that was predicted or true at least once, by name. */
  public SortedMap<String, Scores> byType() {
    SortedMap<String, Scores> scores = new TreeMap<>();
    types.forEach((type, counts) -> scores.put(type, counts.scores()));
    return Collections.unmodifiableSortedMap(scores);
  }

  /**
   * The values over all sentences since the last reset by name: {@code f1}, {@code precision} and
   * {@code recall} over all types, {@code accuracy}, the share of words whose tag is right (NaN
   * without a word), and the F1 of each type as {@code f1 (PER)}.
   */
  public Map<String, Double> result() {
    Scores overall = overall();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("f1", overall.f1());
    values.put("precision", overall.precision());
    values.put("recall", overall.recall());
    values.put("accuracy", (double) right / words);
    byType().forEach((type, scores) -> values.put("f1 (" + type + ")", scores.f1()));
    return Collections.unmodifiableMap(values);
  }

  /** A table of the types, one a line, and of all together. */
  public String table() {
    SortedMap<String, Scores> types = byType();
    int width = Math.max(3, types.keySet().stream().mapToInt(String::length).max().orElse(0));
    StringBuilder text = new StringBuilder();
    text.append(" ".repeat(width)).append("  precision  recall      f1  entities\n");
    types.forEach((type, scores) -> text.append(row(type, width, scores)));
    return text.append(row("all", width, overall())).toString();
  }

  private static String row(String name, int width, Scores scores) {
    return String.format(
        Locale.ROOT,
        "%-" + width + "s  %9.4f  %6.4f  %6.4f  %8d\n",
        name,
        scores.precision(),
        scores.recall(),
        scores.f1(),
        scores.support());
  }

  /** The figures of all types together. */
  @Override
  public String toString() {
    Scores overall = overall();
    return String.format(
        Locale.ROOT,
        "EntityF1(f1 %.4f, precision %.4f, recall %.4f, %d entities)",
        overall.f1(),
        overall.precision(),
        overall.recall(),
        overall.support());
  }
}
