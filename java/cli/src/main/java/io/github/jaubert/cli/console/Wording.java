package io.github.jaubert.cli.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The library's messages advise by its methods. Who uses the command has options instead, and gets
 * these.
 */
public final class Wording {
  /** What a message says, as a regular expression, and what the command says instead. */
  private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

  static {
    OPTIONS.put("flagLabels\\(…\\)", "--flag-labels NAME,NAME");
    OPTIONS.put("mapLabels\\(…\\)", "--map-label OLD=NEW");
    OPTIONS.put("skipLabels\\(…\\)", "--skip-label LABEL");
    OPTIONS.put("skipLabels\\(\"(.*?)\"\\)", "--skip-label \"$1\"");
    // The command draws a head from --seed, which has been named.
    OPTIONS.put(" \\(a new head is the same only after the same Rng\\.seed\\(…\\)\\)", "");
    OPTIONS.put("maxLength\\(…\\)", "--max-length N");
    OPTIONS.put("^maxLength\\b", "--max-length");
    OPTIONS.put("\\bmicroBatchTokensByMemory\\b", "--batch-tokens auto");
    OPTIONS.put("^microBatchTokens\\b", "--batch-tokens auto");
    OPTIONS.put("^stride\\b", "--doc-stride");
    OPTIONS.put("^headShare\\b", "--head-share");
    OPTIONS.put("^windowStride\\b", "--window-stride");
    OPTIONS.put("^maxAnswerLength\\b", "--max-answer-length");
    OPTIONS.put("^nullThreshold\\b", "--null-threshold");
    OPTIONS.put("^learningRateScale\\b", "--head-lr-scale");
    OPTIONS.put("^layerDecay\\b", "--layer-decay");
    OPTIONS.put("^freeze\\b", "--freeze");
    OPTIONS.put("^target_modules\\b", "--lora-targets");
    OPTIONS.put("^r is (?=-?\\d)", "--lora-rank ");
    OPTIONS.put("^lora_alpha is (?=[-\\dNI])", "--lora-alpha ");
    OPTIONS.put("^lora_dropout is (?=[-\\dNI])", "--lora-dropout ");
    OPTIONS.put("^labelSmoothing\\b", "--label-smoothing");
    OPTIONS.put("sampleEach\\(…\\)", "--shots N");
    OPTIONS.put("^hypothesisTemplate\\b", "--hypothesis-template");
    OPTIONS.put("^classWeights\\b", "--class-weights");
    OPTIONS.put("^balancedClassWeights\\b", "--class-weights balanced");
    OPTIONS.put("^focalLoss gamma\\b", "--focal-gamma");
    OPTIONS.put("^focalLoss alpha\\b", "--focal-alpha");
    OPTIONS.put("^focalLoss\\b", "--focal-gamma");
    OPTIONS.put("\\bclassWeights are\\b", "--class-weights are");
    OPTIONS.put("\\bwords\\(…\\)", "--word-column KEY");
    OPTIONS.put("\\btags\\(…\\)", "--tag-column KEY");
    OPTIONS.put("\\bnames\\(…\\)", "--tag-names NAME,NAME");
    OPTIONS.put("pair\\(…\\)", "--pair-column NAME");
    OPTIONS.put("of\\(text, pair\\) takes both", "--pair or --pairs gives both");
    OPTIONS.put(
        "give other text with evaluate\\(…\\)", "give other text with --eval, or --held-out 0");
    OPTIONS.put("of labels, say which is the relevant one", "of labels, --relevant names one");
    OPTIONS.put("allowSymlinks\\(\\)", "--allow-symlinks");
    OPTIONS.put("ignore\\(…\\) leaves", "--ignore PATH leaves");
    OPTIONS.put("read\\(file, password\\) takes it", "--password-file FILE gives it");
    OPTIONS.put("divideScores\\(…\\)", "--score-max N");
    OPTIONS.put("TableFormat\\.QUOTED_TSV", "--format quoted_tsv");
    OPTIONS.put("choose its TableFormat", "choose its format with --format");
    OPTIONS.put(
        "use \\w+\\.of\\(Encoder\\.fromPretrained\\(folder\\), labels\\)", "use --new-head");
    OPTIONS.put(
        "fromPretrained\\(folder, labels\\) gives it a new head",
        "jaubert finetune --model DIR --train FILE");
    OPTIONS.put(
        "fromPretrained\\(folder, labels\\) initialises",
        "jaubert finetune --model DIR initialises");
  }

  private Wording() {}

  /** A message of the library in words of the command. */
  public static String options(String message) {
    String said = message;
    for (Map.Entry<String, String> entry : OPTIONS.entrySet()) {
      said = said.replaceAll(entry.getKey(), entry.getValue());
    }
    return said;
  }

  /**
   * What picocli says of a command line, in the words that it has for other options where it tells
   * of a group of options that exclude each other as it would of a program.
   */
  public static String commandLine(String message) {
    return message
        .replaceFirst("^Error: ", "")
        .replaceFirst(
            "^expected only one match but got \\[.*?]=\\{(--[\\w-]+)=.*?} and \\[.*?]=\\{\\1=.*}$",
            "option '$1' should be specified only once");
  }

  /** A stream, in UTF-8, on which the library's log speaks in words of the command. */
  public static PrintStream stream(OutputStream out) {
    return new PrintStream(out, true, StandardCharsets.UTF_8) {
      @Override
      public void println(String line) {
        super.println(line == null ? null : options(line));
      }
    };
  }
}
