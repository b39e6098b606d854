package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The labels of a model whose head was loaded, and where the head of the file has them: outputs and
 * labels belong together by name, whatever the order in which someone gives the labels.
 *
 * @param labels what the model predicts
 * @param rows for each label the output of the file that is its own; null if they are as in the
 *     file, or the head is new
 */
record HeadLabels(Labels labels, int[] rows) {
  private static final Logger LOG = LoggerFactory.getLogger(HeadLabels.class);
  private static final Pattern UNNAMED = Pattern.compile("LABEL_(\\d+)");

  /**
   * Finds the outputs of the head that a folder has.
   *
   * @param wanted the labels it is to have, or null for those of config.json
   * @param read makes these of config.json and the number of outputs
   * @return null if the names of the outputs cannot tell them apart
   * @throws CheckpointException if it has another number of outputs, or other names
   */
  static HeadLabels match(
      HeadFolder from, Labels wanted, BiFunction<ConfigJson, Integer, Labels> read) {
    String source = from.source();
    int outputs = outputs(from);
    if (wanted == null) {
      return new HeadLabels(read.apply(from.json(), outputs), null);
    }
    String newHead =
        "for a new head on this encoder use %s.of(Encoder.fromPretrained(folder), labels)"
            .formatted(from.type().model().getSimpleName());
    if (outputs != wanted.size()) {
      throw new CheckpointException(
          source,
          "'%s' is %s, which does not fit %d labels; %s"
              .formatted(from.weight(), from.head(), wanted.size(), newHead));
    }
    if (outputs == 1) {
      return new HeadLabels(wanted, null);
    }
    List<String> stored = HeadJson.readNames(from.json(), outputs);
    int[] rows = rows(stored, wanted.names());
    String repeated = HeadJson.repeatedName(from.json());
    if (rows == null && repeated != null) {
      LOG.warn(
          "{}: two outputs are called {}, so that the head fits no other labels: it is a new one",
          source,
          CheckpointException.shortened(repeated));
      return null;
    }
    if (rows == null) {
      throw new CheckpointException(
          source,
          "its head was trained for %s, which are not the labels %s; %s"
              .formatted(list(stored), list(wanted.names()), newHead));
    }
    return new HeadLabels(wanted, rows);
  }

  /**
   * How many outputs the head of a type has that a folder holds; 0 for none, or one of another
   * type.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head is no matrix with numbers
   */
  static int outputs(Path folder, HeadType type) {
    try (HeadFolder from = HeadFolder.open(folder, type)) {
      return from.head() == null ? 0 : outputs(from);
    }
  }

  /** How many outputs the head has that there is. */
  private static int outputs(HeadFolder from) {
    Shape head = from.head();
    if (head.rank() != 2 || head.numel() == 0 || head.size(0) > Integer.MAX_VALUE) {
      throw new CheckpointException(
          from.source(), "'" + from.weight() + "' is " + head + ", no matrix with numbers");
    }
    return (int) head.size(0);
  }

  private static String list(List<String> names) {
    int shown = Math.min(8, names.size());
    String more = shown < names.size() ? ", … (" + names.size() + " in all)" : "";
    return "[" + String.join(", ", names.subList(0, shown)) + more + "]";
  }

  /** The output of each wanted label, or null if a label has none. */
  private static int[] rows(List<String> stored, List<String> wanted) {
    Map<String, Integer> outputs = new HashMap<>();
    for (int i = 0; i < stored.size(); i++) {
      outputs.put(stored.get(i), i);
    }
    for (int i = 0; i < stored.size(); i++) {
      outputs.putIfAbsent(number(stored.get(i)), i);
    }
    int[] rows = new int[wanted.size()];
    boolean[] taken = new boolean[stored.size()];
    for (int i = 0; i < rows.length; i++) {
      Integer row = outputs.get(wanted.get(i));
      row = row == null ? outputs.get(number(wanted.get(i))) : row;
      if (row == null || taken[row]) {
        return null;
      }
      taken[row] = true;
      rows[i] = row;
    }
    return rows;
  }

  /** {@code LABEL_2} without its name. */
  private static String number(String name) {
    return UNNAMED.matcher(name).replaceFirst("$1");
  }

  /** Puts the outputs of a head, as they were in the file, in the order of the labels. */
  void order(Linear head) {
    if (rows == null) {
      return;
    }
    order(head.weight(), rows);
    order(head.bias(), rows);
  }

  private static void order(Tensor tensor, int[] rows) {
    float[] from = tensor.toFloats();
    float[] to = new float[from.length];
    int width = from.length / rows.length;
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(from, rows[i] * width, to, i * width, width);
    }
    tensor.copyFrom(to);
  }
}
