package io.github.jaubert.train.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * Exact match and F1 of answers to questions, as Rajpurkar et al. 2016 and 2018 measure them on
 * SQuAD: the mean over the questions of what an answer has in common with the best of the right
 * ones, both without case, punctuation and articles. From 0 to 1. Mutable.
 */
public final class SquadScore {
  private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");
  private static final Pattern ARTICLES =
      Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  private final List<Judged> all = new ArrayList<>();
  private final double threshold;

  /**
   * A question.
   *
   * @param exact of the answer, if it is given
   * @param f1 of the answer, if it is given
   * @param impossible whether the right answer is none
   * @param margin how much likelier no answer is
   */
  private record Judged(double exact, double f1, boolean impossible, double margin) {
    double none() {
      return impossible ? 1 : 0;
    }
  }

  /**
   * A score of no question yet.
   *
   * @param threshold an answer is given unless no answer is likelier by more than this
   */
  public SquadScore(double threshold) {
    this.threshold = threshold;
  }

  // ---- one answer ----

  /** A text without case, ASCII's punctuation, the words a, an and the, and spare space. */
  public static String normalise(String text) {
    String plain = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    return SPACE.matcher(ARTICLES.matcher(plain).replaceAll(" ")).replaceAll(" ").strip();
  }

  /** 1 if both are the same when normalised, otherwise 0. */
  public static double exactMatch(String answer, String right) {
    return normalise(answer).equals(normalise(right)) ? 1 : 0;
  }

  /** The F1 of the words of both; of an empty answer 1 if both are empty, otherwise 0. */
  public static double f1(String answer, String right) {
    List<String> given = words(answer);
    List<String> due = words(right);
    if (given.isEmpty() || due.isEmpty()) {
      return given.equals(due) ? 1 : 0;
    }
    Map<String, Integer> counts = new HashMap<>();
    due.forEach(word -> counts.merge(word, 1, Integer::sum));
    double same = 0;
    for (String word : given) {
      if (counts.merge(word, -1, Integer::sum) >= 0) {
        same++;
      }
    }
    return same == 0 ? 0 : 2 * same / (given.size() + due.size());
  }

  private static List<String> words(String text) {
    String plain = normalise(text);
    return plain.isEmpty() ? List.of() : Arrays.asList(plain.split(" "));
  }

  // ---- many answers ----

  /** Forgets all questions. */
  public void reset() {
    all.clear();
  }

  /**
   * Judges an answer.
   *
   * @param answer the likeliest, which is not empty unless there is none
   * @param margin how much likelier than it no answer is; negative infinity if it is out of the
   *     question
   * @param right the right answers; none if no answer is right
   */
  public void update(String answer, double margin, List<String> right) {
    // As SQuAD's own script: an answer of which normalising leaves nothing is no answer.
    List<String> due = right.stream().filter(text -> !normalise(text).isEmpty()).toList();
    List<String> golds = due.isEmpty() ? List.of("") : due;
    all.add(
        new Judged(
            golds.stream().mapToDouble(gold -> exactMatch(answer, gold)).max().orElseThrow(),
            golds.stream().mapToDouble(gold -> f1(answer, gold)).max().orElseThrow(),
            due.isEmpty(),
            margin));
  }

  /**
   * {@code f1} and {@code exact_match}; if some questions have no answer also {@code
   * has_answer_f1}, {@code has_answer_exact_match}, {@code no_answer_accuracy}, and the largest F1
   * that another threshold would give, {@code best_f1}, with {@code best_f1_threshold}. NaN where
   * there is no such question.
   */
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("f1", mean(all, this::f1));
    values.put("exact_match", mean(all, this::exact));
    List<Judged> without = all.stream().filter(Judged::impossible).toList();
    if (!without.isEmpty()) {
      List<Judged> with = all.stream().filter(judged -> !judged.impossible).toList();
      values.put("has_answer_f1", mean(with, this::f1));
      values.put("has_answer_exact_match", mean(with, this::exact));
      values.put("no_answer_accuracy", mean(without, this::exact));
      putBest(values);
    }
    return values;
  }

  private double f1(Judged judged) {
    return judged.margin > threshold ? judged.none() : judged.f1;
  }

  private double exact(Judged judged) {
    return judged.margin > threshold ? judged.none() : judged.exact;
  }

  private static double mean(List<Judged> some, ToDoubleFunction<Judged> value) {
    return some.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** Gives one answer after the other, that with the smallest margin first. */
  private void putBest(Map<String, Double> values) {
    List<Judged> order = all.stream().sorted(Comparator.comparingDouble(Judged::margin)).toList();
    double sum = order.stream().mapToDouble(Judged::none).sum();
    double best = sum;
    double at = Math.nextDown(order.get(0).margin);
    for (int i = 0; i < order.size(); i++) {
      Judged judged = order.get(i);
      sum += judged.f1 - judged.none();
      boolean last = i + 1 == order.size() || order.get(i + 1).margin > judged.margin;
      if (last && sum > best) {
        best = sum;
        at = judged.margin;
      }
    }
    values.put("best_f1", best / order.size());
    values.put("best_f1_threshold", at);
  }
}
