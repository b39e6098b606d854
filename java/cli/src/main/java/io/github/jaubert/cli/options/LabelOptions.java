package io.github.jaubert.cli.options;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TextDataset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what the labels of the data mean, for both files. */
public final class LabelOptions {
  private static final int LISTED = 20;

  @Option(
      names = "--label-separator",
      paramLabel = "TEXT",
      description = "What stands between labels where a row may have several.")
  private String separator;

  @Option(
      names = "--flag-labels",
      split = ",",
      paramLabel = "NAME,NAME",
      hideParamSyntax = true,
      description = "The labels for each of which a row has a 1 or a 0, such as [1, 0, 1].")
  private List<String> flags = List.of();

  @Option(
      names = "--map-label",
      paramLabel = "OLD=NEW",
      description =
          "Call the label OLD of the data NEW; as often as needed. Such as 1=pos for data that"
              + " numbers what the other file names.")
  private List<String> renames = List.of();

  @Option(
      names = "--skip-label",
      paramLabel = "LABEL",
      description =
          "Leave out rows with this label; as often as needed. Such as - where nobody agreed, or"
              + " '' where there is none.")
  private List<String> skipped = List.of();

  /**
   * Refuses names that cannot be meant.
   *
   * @throws ParameterException naming option and value
   */
  void check(CommandLine command) {
    Set<String> seen = new TreeSet<>();
    for (String rename : renames) {
      String[] names = names(rename);
      if (names == null) {
        throw new ParameterException(command, "--map-label " + rename + ": not OLD=NEW");
      }
      if (!seen.add(names[0])) {
        throw new ParameterException(
            command, "--map-label " + rename + ": " + names[0] + " has a new name already");
      }
    }
  }

  /** Old name and new, or null. */
  private static String[] names(String rename) {
    int sign = rename.indexOf('=');
    String[] names = {
      rename.substring(0, Math.max(0, sign)).strip(), rename.substring(sign + 1).strip()
    };
    return names[0].isEmpty() || names[1].isEmpty() ? null : names;
  }

  /** The data read as the options say, with the names that labels have in the file. */
  TextDataset read(TextDataset data) {
    TextDataset named = flags.isEmpty() ? data : data.flagLabels(flags.toArray(String[]::new));
    TextDataset split = separator == null ? named : named.separator(separator);
    return skipped.isEmpty() ? split : split.skipLabels(skipped.toArray(String[]::new));
  }

  /**
   * The data with the names that were asked for.
   *
   * @param other the other file, or null: a label needs to be in one of the two
   * @throws DataException if a label that is to be renamed is in neither
   */
  TextDataset renamed(TextDataset data, TextDataset other) {
    if (renames.isEmpty()) {
      return data;
    }
    Set<String> here = labels(data);
    Set<String> there = other == null ? Set.of() : labels(other);
    Map<String, String> names = new LinkedHashMap<>();
    for (String rename : renames) {
      String[] pair = names(rename);
      if (here.contains(pair[0])) {
        names.put(pair[0], pair[1]);
      } else if (!there.contains(pair[0])) {
        throw new DataException(
            "--map-label " + rename,
            "no row has the label %s; those of %s are %s%s"
                .formatted(
                    pair[0],
                    data.source(),
                    LabelText.listed(here, LISTED),
                    other == null
                        ? ""
                        : ", those of "
                            + other.source()
                            + " are "
                            + LabelText.listed(there, LISTED)));
      }
    }
    return names.isEmpty() ? data : data.mapLabels(names);
  }

  private static Set<String> labels(TextDataset data) {
    return data.rows().stream()
        .flatMap(row -> row.labels().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
