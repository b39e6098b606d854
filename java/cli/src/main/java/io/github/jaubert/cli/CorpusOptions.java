package io.github.jaubert.cli;

import io.github.jaubert.demo.WordNetTexts;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.corpus.Corpus;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what text to pre-train on, and how it is read and masked. */
final class CorpusOptions {
  private static final double HELD_OUT = 0.01;

  @Option(
      names = "--corpus",
      paramLabel = "PATH",
      arity = "1..*",
      description =
          "Files and folders of UTF-8 text, plain or gzip. Default: what WordNet says of its"
              + " words, which comes with the command.")
  private List<Path> corpus;

  @Option(
      names = "--eval",
      paramLabel = "PATH",
      arity = "1..*",
      description = "Text to be judged by. Default: every hundredth document.")
  private List<Path> eval;

  @Option(
      names = "--documents",
      paramLabel = "FORM",
      description =
          "What a document is: paragraphs (lines up to an empty one), lines (each line), or json (a"
              + " JSON object a line). Default: paragraphs.")
  private Form form = Form.PARAGRAPHS;

  @Option(
      names = "--text-key",
      paramLabel = "KEY",
      description = "Where the text is in a JSON object. Default: text.")
  private String key;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description = "How much of the documents to be judged by, 0 for none. Default: 0.01.")
  private Double heldOut;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "Where tokenised text is kept, for the next run. Default: runs/corpora.")
  private Path cache = Path.of("runs", "corpora");

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "The most tokens of a sequence. Default: 128.")
  private Integer maxLength;

  @Option(
      names = "--mask-rate",
      paramLabel = "SHARE",
      description = "The share of the tokens that is to be told. Default: 0.15.")
  private Double maskRate;

  @Option(names = "--whole-words", description = "Mask whole words, not parts of them.")
  private boolean wholeWords;

  private enum Form {
    PARAGRAPHS,
    LINES,
    JSON
  }

  /** What a folder in runs/ is called after it. */
  String name() {
    if (corpus == null) {
      return "wordnet-mlm";
    }
    String file = corpus.get(0).toAbsolutePath().normalize().getFileName().toString();
    return file.replaceFirst("\\..*$", "") + "-mlm";
  }

  void check(CommandLine command) {
    RunOptions.atLeast(command, "--max-length", maxLength, 18);
    if (key != null && form != Form.JSON) {
      throw new ParameterException(command, "--text-key needs --documents json");
    }
    if (eval != null && heldOut != null) {
      throw new ParameterException(command, "--eval and --held-out: one of them");
    }
    if (heldOut != null && !(heldOut >= 0 && heldOut < 1)) {
      throw new ParameterException(
          command, "--held-out " + heldOut + ": a number from 0, less than 1");
    }
    if (maskRate != null && !(maskRate > 0 && maskRate <= 1)) {
      throw new ParameterException(command, "--mask-rate " + maskRate + ": above 0, at most 1");
    }
  }

  /** The text to learn from. */
  Corpus train() {
    return corpus == null
        ? Corpus.of("WordNet's definitions", WordNetTexts.load())
        : corpus(corpus);
  }

  /** The text to be judged by; null if it is a part of that to learn from. */
  Corpus eval() {
    return eval == null ? null : corpus(eval);
  }

  private Corpus corpus(List<Path> paths) {
    Corpus all = Corpus.of(paths.toArray(Path[]::new));
    return switch (form) {
      case PARAGRAPHS -> all;
      case LINES -> all.lines();
      case JSON -> all.json(key == null ? "text" : key);
    };
  }

  /** The most tokens of a sequence; 0 if it was not said. */
  int maxLength() {
    return maxLength == null ? 0 : maxLength;
  }

  /** Whether there is anything to be judged by. */
  boolean isJudged() {
    return eval != null || heldOut() > 0;
  }

  /** How much is held out. */
  double heldOut() {
    return eval != null ? 0 : heldOut == null ? HELD_OUT : heldOut;
  }

  /** Gives a task the text, and says how to mask it. */
  void apply(Pretraining task, Corpus train, Corpus eval, long seed) {
    task.train(train).heldOut(heldOut()).cache(cache).seed(seed);
    if (eval != null) {
      task.evaluate(eval);
    }
    if (maxLength != null) {
      task.maxLength(maxLength);
    }
    if (maskRate != null || wholeWords) {
      task.masking(
          masking -> {
            var rated = maskRate == null ? masking : masking.rate(maskRate);
            return wholeWords ? rated.wholeWords() : rated;
          });
    }
  }
}
