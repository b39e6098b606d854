package io.github.jaubert.cli.measure;

import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.measure.bias.Association;
import io.github.jaubert.measure.bias.BiasLexicon;
import io.github.jaubert.measure.bias.BiasListener;
import io.github.jaubert.measure.bias.BiasResult;
import io.github.jaubert.measure.bias.Bootstrap;
import io.github.jaubert.measure.bias.CrowsPairs;
import io.github.jaubert.measure.bias.FillComparison;
import io.github.jaubert.measure.bias.MaskedScorer;
import io.github.jaubert.measure.bias.StereoSet;
import io.github.jaubert.measure.bias.WinoBias;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What is measured of a model for masked tokens. */
public final class MaskedBiasOptions {
  private static final int USUAL_TOP = 10;

  @Option(
      names = "--crows-pairs",
      paramLabel = "FILE",
      description =
          "Score the pairs of sentences of CrowS-Pairs: .csv, .tsv or .jsonl with the columns"
              + " sent_more, sent_less, stereo_antistereo and bias_type.")
  private Path crowsPairs;

  @Option(
      names = "--stereoset",
      paramLabel = "FILE",
      description = "Score the sentences with gaps of StereoSet's JSON.")
  private Path stereoSet;

  @Option(
      names = "--winobias",
      paramLabel = "DIR",
      description =
          "Fill the pronouns of WinoBias: a folder with pro_stereotyped_type1.txt.dev and the like.")
  private Path winoBias;

  @Option(
      names = "--lexicon",
      paramLabel = "FILE",
      description =
          "Words and templates of one's own, in any language, as JSON; docs/bias.md has one. Default:"
              + " English words for men and women, and 20 occupations.")
  private Path lexicon;

  @Option(
      names = "--templates",
      paramLabel = "FILE",
      description =
          "Templates of one's own for the words of the lexicon, one a line, with {term} and {mask},"
              + " or {term} and {attribute}.")
  private Path templates;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Show so many tokens for each gap. Default: " + USUAL_TOP + ".")
  private Integer top;

  public void check(CommandLine command) {
    TrainingOptions.atLeast(command, "--top", top, 1);
  }

  /** Refuses what a classifier has no use for. */
  public void refuse(CommandLine command, Path model) {
    String given =
        crowsPairs != null
            ? "--crows-pairs"
            : stereoSet != null
                ? "--stereoset"
                : winoBias != null
                    ? "--winobias"
                    : lexicon != null
                        ? "--lexicon"
                        : templates != null ? "--templates" : top != null ? "--top" : null;
    if (given != null) {
      throw new ParameterException(
          command,
          "%s is for a model with a head for masked tokens, which %s is not"
              .formatted(given, model));
    }
  }

  /** Measures all that was asked for; files are read before the model is loaded. */
  public List<BiasResult> measure(Path folder, DType type, Bootstrap bootstrap) {
    BiasLexicon words = words();
    CrowsPairs pairs = crowsPairs == null ? null : CrowsPairs.read(crowsPairs);
    StereoSet gaps = stereoSet == null ? null : StereoSet.read(stereoSet);
    WinoBias pronouns = winoBias == null ? null : WinoBias.read(winoBias);
    List<BiasResult> results = new ArrayList<>();
    try (Progress progress = new Progress();
        MaskedScorer scorer = MaskedScorer.fromPretrained(folder)) {
      BiasListener shown = progress::advanced;
      scorer.computeType(type).listener(shown);
      if (!words.fillTemplates().isEmpty()) {
        results.add(
            FillComparison.measure(scorer, words, top == null ? USUAL_TOP : top, bootstrap));
      }
      if (!words.templates().isEmpty()) {
        results.add(Association.measure(scorer, words, bootstrap));
      }
      if (pairs != null) {
        results.add(pairs.measure(scorer, bootstrap));
      }
      if (gaps != null) {
        results.add(gaps.measure(scorer, bootstrap));
      }
      if (pronouns != null) {
        results.add(pronouns.measure(scorer, bootstrap));
      }
    }
    return results;
  }

  private BiasLexicon words() {
    BiasLexicon words = lexicon == null ? BiasLexicon.english() : BiasLexicon.read(lexicon);
    if (templates == null) {
      return words;
    }
    try {
      List<String> lines = Files.readAllLines(templates);
      return words.withTemplates(lines.stream().filter(line -> !line.isBlank()).toList());
    } catch (IOException e) {
      throw new DataException(
          templates.toString(),
          Files.exists(templates) ? "is no text in UTF-8" : "no such file",
          e);
    } catch (IllegalArgumentException e) {
      throw new DataException(templates.toString(), e.getMessage(), e);
    }
  }
}
