package io.github.jaubert.cli.predict;

import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.ZeroShotClassification;
import io.github.jaubert.cli.console.Wording;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of labels that a model never saw, which it chooses from by inference. */
public final class ZeroShotOptions {
  @Option(
      names = "--candidate-labels",
      split = ",",
      paramLabel = "NAME,NAME",
      hideParamSyntax = true,
      description =
          "Zero-shot classification: choose from these labels, with a model of natural language"
              + " inference, such as one fine-tuned on MNLI.")
  private List<String> candidates;

  @Option(
      names = "--hypothesis-template",
      paramLabel = "TEXT",
      description =
          "With --candidate-labels, what a label is put into. Default: "
              + ZeroShotClassification.USUAL_TEMPLATE)
  private String template;

  @Option(
      names = "--multi-label",
      description =
          "With --candidate-labels, any number of them may hold: each has a score of its own.")
  private boolean several;

  /**
   * Refuses what cannot be meant.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command) {
    if (candidates == null && (template != null || several)) {
      throw new ParameterException(
          command,
          (template != null ? "--hypothesis-template" : "--multi-label")
              + " needs --candidate-labels");
    }
    if (candidates == null) {
      return;
    }
    Set<String> seen = new HashSet<>();
    for (String label : labels()) {
      if (!seen.add(label)) {
        throw new ParameterException(command, "--candidate-labels: " + label + " is there twice");
      }
    }
    if (seen.isEmpty()) {
      throw new ParameterException(command, "--candidate-labels: no label");
    }
  }

  public boolean isGiven() {
    return candidates != null;
  }

  /** Without spaces around them, and without empty ones, as transformers splits them. */
  private List<String> labels() {
    return candidates.stream().map(String::strip).filter(label -> !label.isEmpty()).toList();
  }

  /**
   * The answers of a model.
   *
   * @throws ParameterException if the template has no place for a label
   */
  public Answers open(CommandLine command, Path model, int top, boolean json) {
    ZeroShotClassification classify = Pipelines.zeroShotClassification(model).multiLabel(several);
    try {
      if (template != null) {
        classify.hypothesisTemplate(template);
      }
    } catch (IllegalArgumentException e) {
      classify.close();
      throw new ParameterException(command, Wording.options(e.getMessage()), e);
    }
    List<String> labels = labels();
    return new LabelAnswers(classify, texts -> classify.ofAll(texts, labels), top, json);
  }
}
