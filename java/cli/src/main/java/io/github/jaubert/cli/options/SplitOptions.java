package io.github.jaubert.cli.options;

import io.github.jaubert.train.data.TextDataset;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which rows of the one file there is are kept to be judged by. */
public final class SplitOptions {
  /** Not that of the run: other seeds of training are compared on the same rows. */
  private static final long SEED = 42;

  @Option(
      names = "--eval-share",
      paramLabel = "SHARE",
      description =
          "Instead of --eval: keep this share of the rows of --train, as 0.2, to be judged by, of each"
              + " label about the same. Which, does not depend on --seed.")
  private Double share;

  @Option(
      names = "--group-column",
      paramLabel = "NAME",
      description =
          "With --eval-share: rows with the same value in this column, such as an author, are all"
              + " learnt from or all judged by.")
  private String group;

  public boolean isGiven() {
    return share != null;
  }

  /** The column of the groups, or null. */
  public String group() {
    return group;
  }

  /**
   * Refuses what does not go together.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command, DataOptions data, Task task) {
    if (group != null && share == null) {
      throw new ParameterException(command, "--group-column needs --eval-share");
    }
    if (share == null) {
      return;
    }
    if (!(share > 0 && share < 1)) {
      throw new ParameterException(command, "--eval-share %s: between 0 and 1".formatted(share));
    }
    if (data.eval() != null) {
      throw new ParameterException(command, "--eval-share and --eval exclude each other");
    }
    if (!task.isOfTexts()) {
      throw new ParameterException(
          command, "--eval-share is for labels and scores of whole texts, not for --task " + task);
    }
  }

  /** Both parts of a file. */
  TextDataset.Split of(TextDataset data) {
    return group == null ? data.split(share, SEED) : data.splitByGroup(group, share, SEED);
  }
}
