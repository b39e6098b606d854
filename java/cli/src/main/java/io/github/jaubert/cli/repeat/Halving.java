package io.github.jaubert.cli.repeat;

import io.github.jaubert.cli.options.TrainingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The options of successive halving (Jamieson and Talwalkar 2016): all trials get little to learn
 * from, the best of them more, until few get all.
 */
public final class Halving {
  /** What there is little or much of. */
  public enum Budget {
    EPOCHS("--epochs"),
    ROWS("--train-limit");

    private final String option;

    Budget(String option) {
      this.option = option;
    }

    public String option() {
      return option;
    }

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--halving",
      paramLabel = "WHAT",
      description =
          "${COMPLETION-CANDIDATES}: successive halving. All trials learn from --least epochs, or"
              + " random rows of --train; the best of them, one in --factor, anew from --factor times"
              + " as many, and so on up to --most.")
  private Budget budget;

  @Option(names = "--least", paramLabel = "N", description = "With --halving, as said there.")
  private Integer least;

  @Option(names = "--most", paramLabel = "N", description = "With --halving, as said there.")
  private Integer most;

  @Option(
      names = "--factor",
      paramLabel = "N",
      description = "With --halving, as said there. Default: 3.")
  private Integer factor;

  /**
   * Refuses what does not go together.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command) {
    if (budget == null) {
      if (least != null || most != null || factor != null) {
        throw new ParameterException(command, "--least, --most and --factor need --halving");
      }
      return;
    }
    if (least == null || most == null) {
      throw new ParameterException(command, "--halving needs --least and --most");
    }
    TrainingOptions.atLeast(command, "--least", least, 1);
    TrainingOptions.atLeast(command, "--factor", factor, 2);
    if (most <= least) {
      throw new ParameterException(
          command, "--most %d: more than --least, which is %d".formatted(most, least));
    }
  }

  public boolean isGiven() {
    return budget != null;
  }

  /** What is halved; null if nothing is. */
  public Budget budget() {
    return budget;
  }

  /** How much there is in each round; 0 in the only one if nothing is halved. */
  public List<Integer> rounds() {
    if (budget == null) {
      return List.of(0);
    }
    List<Integer> rounds = new ArrayList<>();
    for (long amount = least; amount < most; amount *= factor()) {
      rounds.add((int) amount);
    }
    rounds.add(most);
    return rounds;
  }

  /** How many of so many trials are left for the next round. */
  public int left(int trials) {
    return Math.max(1, (trials + factor() - 1) / factor());
  }

  private int factor() {
    return factor == null ? 3 : factor;
  }
}
