package io.github.jaubert.cli.console;

import io.github.jaubert.train.TrainingResult;
import java.io.PrintWriter;
import java.util.Locale;

/** How figures and texts are printed: alike by all commands, in one locale. */
public final class Figures {
  /** So many answers are shown. */
  public static final int SHOWN = 5;

  private static final int SHOWN_WIDTH = 70;

  private Figures() {}

  /** Prints how fast a run was, unless it had finished earlier. */
  public static void speed(PrintWriter say, TrainingResult result) {
    if (result.seconds() > 0) {
      say.printf(
          Locale.ROOT,
          "%s in %.0f s, %,.0f tokens/s%n",
          counted(result.steps(), "step"),
          result.seconds(),
          result.tokensPerSecond());
    }
  }

  /** Prints what was measured, but for the loss. */
  public static void print(PrintWriter say, String name, double value) {
    print(say, name, name, value);
  }

  /**
   * The same in other words.
   *
   * @param words that it stands behind
   * @param name what was measured, by which it is formatted
   */
  public static void print(PrintWriter say, String words, String name, double value) {
    if (!name.equals("loss")) {
      say.printf("  %-46s %8s%n", words, figure(name, value));
    }
  }

  /** What was measured, as {@code 93.1 %} or {@code 0.8765}. */
  public static String figure(String name, double value) {
    return name.equals("accuracy")
        ? String.format(Locale.ROOT, "%.1f %%", 100 * value)
        : String.format(Locale.ROOT, "%.4f", value);
  }

  /** A learning rate as people write it: {@code 1e-4}, where Java has {@code 1.0E-4}. */
  public static String rate(Object rate) {
    return rate.toString().replace(".0E", "E").replace('E', 'e');
  }

  /** Such as {@code 1 step} or {@code 1,200 steps}. */
  public static String counted(long count, String thing) {
    return String.format(Locale.ROOT, "%,d %s%s", count, thing, count == 1 ? "" : "s");
  }

  /** The beginning of a long text. */
  public static String shortened(String text) {
    return text.length() <= SHOWN_WIDTH ? text : text.substring(0, SHOWN_WIDTH) + "…";
  }
}
