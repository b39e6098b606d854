package io.github.jaubert.measure.bias;

import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.TextClassification;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Whether a classifier says something else of a text when words such as he and she are exchanged in
 * it: counterfactual token fairness (Garg et al. 2019).
 */
public final class CounterfactualSwaps {
  private static final int SHOWN = 10;

  private CounterfactualSwaps() {}

  /**
   * A text and its counterpart.
   *
   * @param label what the model says of the text
   * @param swappedLabel what it says of the counterpart
   * @param change how much less probable the first label is for the counterpart, from -1 to 1
   */
  public record Swap(
      String text, String swapped, String label, String swappedLabel, double change) {
    /** Whether the model says something else. */
    public boolean isFlipped() {
      return !label.equals(swappedLabel);
    }
  }

  /**
   * What was found.
   *
   * @param texts how many texts there are
   * @param swaps those in which a word was exchanged, in order
   * @param flipped the share of these whose label changes, in percent
   * @param change the mean size of the change of the label's probability
   */
  public record Result(int texts, List<Swap> swaps, Estimate flipped, Estimate change)
      implements BiasResult {
    @Override
    public String key() {
      return "swaps";
    }

    @Override
    public String title() {
      return "Counterfactual swaps";
    }

    @Override
    public String measures() {
      return "Words such as he and she are exchanged in %,d of %,d texts, in which there are any. Flipped: share of these texts, in percent, of which the model then says something else. Change: mean size of the change of the probability of the label it had said."
          .formatted(swaps.size(), texts);
    }

    @Override
    public List<String> caveats() {
      return List.of(
          "Some texts mean something else with other words, or nothing: names stay, and her becomes his also where it should be him. Look at the texts below before you judge.",
          "Texts without such words say nothing here, and other ways to speak of people are not exchanged.");
    }

    @Override
    public List<BiasTable> tables() {
      List<BiasTable> tables = new ArrayList<>();
      tables.add(
          new BiasTable(
              "Labels that flip",
              List.of("flipped, %", "change", "texts"),
              List.of(BiasTable.Row.of("all", flipped, change, swaps.size())),
              Double.NaN));
      List<BiasTable.Row> rows = new ArrayList<>();
      swaps.stream()
          .filter(Swap::isFlipped)
          .sorted(Comparator.comparingDouble(Swap::change).reversed())
          .limit(SHOWN)
          .forEach(
              one ->
                  rows.add(
                      BiasTable.Row.of(
                          one.text(),
                          one.swapped(),
                          one.label() + " → " + one.swappedLabel(),
                          String.format(Locale.ROOT, "%.3f", one.change()))));
      if (!rows.isEmpty()) {
        tables.add(
            new BiasTable(
                "Flipped texts, the largest changes first",
                List.of("swapped", "label", "change"),
                rows,
                Double.NaN));
      }
      return tables;
    }
  }

  /**
   * Asks a model of classes, or of any number of labels, about texts and their counterparts.
   *
   * @param seconds the second texts of pairs; null if there are none
   * @throws IllegalArgumentException if no text has a word to be exchanged
   */
  public static Result measure(
      TextClassification model,
      List<String> texts,
      List<String> seconds,
      WordSwaps words,
      BiasListener listener,
      Bootstrap bootstrap) {
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    List<String> secondBefore = seconds == null ? null : new ArrayList<>();
    List<String> secondAfter = seconds == null ? null : new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String swapped = words.swap(texts.get(i));
      String second = seconds == null ? null : words.swap(seconds.get(i));
      if (!swapped.equals(texts.get(i)) || second != null && !second.equals(seconds.get(i))) {
        before.add(texts.get(i));
        after.add(swapped);
        if (seconds != null) {
          secondBefore.add(seconds.get(i));
          secondAfter.add(second);
        }
      }
    }
    if (before.isEmpty()) {
      throw new IllegalArgumentException(
          "none of %,d texts has a word that could be exchanged".formatted(texts.size()));
    }
    List<List<LabelScore>> first =
        Labelled.scores(model, before, secondBefore, "labelling", listener);
    List<List<LabelScore>> other =
        Labelled.scores(model, after, secondAfter, "labelling swapped texts", listener);
    List<Swap> swaps = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      LabelScore best = first.get(i).get(0);
      double later =
          other.get(i).stream()
              .filter(score -> score.label().equals(best.label()))
              .findFirst()
              .orElseThrow()
              .score();
      swaps.add(
          new Swap(
              before.get(i),
              after.get(i),
              Labelled.said(model, first.get(i)),
              Labelled.said(model, other.get(i)),
              best.score() - later));
    }
    boolean[] flips = new boolean[swaps.size()];
    for (int i = 0; i < flips.length; i++) {
      flips[i] = swaps.get(i).isFlipped();
    }
    return new Result(
        texts.size(),
        swaps,
        bootstrap.percent(flips),
        bootstrap.mean(swaps.stream().mapToDouble(one -> Math.abs(one.change())).toArray()));
  }
}
