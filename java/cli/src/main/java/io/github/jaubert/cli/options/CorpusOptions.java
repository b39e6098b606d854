package io.github.jaubert.cli.options;

import io.github.jaubert.demo.WordNetTexts;
import io.github.jaubert.train.CorpusTask;
import io.github.jaubert.train.corpus.Corpus;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what text to pre-train on, and how it is read and masked. */
public final class CorpusOptions {
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
              + " JSON object a line, or a row of a .parquet file). Default: paragraphs.")
  private Form form = Form.PARAGRAPHS;

  @Option(
      names = "--text-key",
      paramLabel = "KEY",
      description = "Where the text is in a JSON object or row. Default: text.")
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
      names = "--objective",
      paramLabel = "NAME",
      description =
          "What to learn: mlm (to tell masked tokens), or electra (to tell which tokens a small"
              + " generator replaced, which learns along to tell masked ones, and is for fill-mask in"
              + " the result's folder generator). Default: mlm.")
  private Objective objective = Objective.MLM;

  @Option(
      names = "--mask-rate",
      paramLabel = "SHARE",
      description =
          "The share of the tokens that is to be told. Default: 0.15, with --recipe cramming 0.3.")
  private Double maskRate;

  @Option(
      names = "--pairs",
      paramLabel = "TASK",
      description =
          "Learn from pairs of texts, too: nsp (does the second follow the first?) or sop (which of"
              + " the two comes first?). Documents then need several sentences. Default: neither.")
  private Pairs pairs;

  @Option(names = "--whole-words", description = "Mask whole words, not parts of them.")
  private boolean wholeWords;

  /** What is learnt; what pre-training with it is called after. */
  public enum Objective {
    MLM,
    ELECTRA
  }

  /** What is to be told of two texts; what pre-training with it is called after. */
  public enum Pairs {
    NSP,
    SOP
  }

  private enum Form {
    PARAGRAPHS,
    LINES,
    JSON
  }

  /** What a folder in runs/ is called after it. */
  public String name() {
    Object learnt = pairs == null ? objective : pairs;
    String task = "-" + learnt.toString().toLowerCase(Locale.ROOT);
    if (corpus == null) {
      return "wordnet" + task;
    }
    String file = corpus.get(0).toAbsolutePath().normalize().getFileName().toString();
    return file.replaceFirst("\\..*$", "") + task;
  }

  public void check(CommandLine command) {
    RunOptions.atLeast(command, "--max-length", maxLength, pairs == null ? 18 : 20);
    if (pairs != null && objective == Objective.ELECTRA) {
      throw new ParameterException(
          command, "--pairs is for --objective mlm; an ELECTRA learns from single texts");
    }
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
  public Corpus train() {
    return corpus == null
        ? Corpus.of("WordNet's definitions", WordNetTexts.load())
        : corpus(corpus);
  }

  /** The text to be judged by; null if it is a part of that to learn from. */
  public Corpus eval() {
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
  public int maxLength() {
    return maxLength == null ? 0 : maxLength;
  }

  /** Whether there is anything to be judged by. */
  public boolean isJudged() {
    return eval != null || heldOut() > 0;
  }

  /** What is learnt. */
  public Objective objective() {
    return objective;
  }

  /** What else is learnt of pairs of texts; null for nothing. */
  public Pairs pairs() {
    return pairs;
  }

  /** How much is held out. */
  public double heldOut() {
    return eval != null ? 0 : heldOut == null ? HELD_OUT : heldOut;
  }

  /**
   * Gives a task the text, and says how to mask it.
   *
   * @param usualRate the share of the tokens that is masked if nothing was said
   */
  public void apply(CorpusTask<?, ?> task, Corpus train, Corpus eval, long seed, double usualRate) {
    task.train(train).heldOut(heldOut()).cache(cache).seed(seed);
    if (eval != null) {
      task.evaluate(eval);
    }
    if (maxLength != null) {
      task.maxLength(maxLength);
    }
    task.masking(
        masking -> {
          var rated = masking.rate(maskRate == null ? usualRate : maskRate);
          // The discriminator never reads a mask, so that none need be left out of the text.
          rated = objective == Objective.ELECTRA ? rated.split(1, 0) : rated;
          return wholeWords ? rated.wholeWords() : rated;
        });
  }
}
