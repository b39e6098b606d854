package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.report.RecordedRun;
import io.github.jaubert.cli.report.RecordedRun.State;
import io.github.jaubert.cli.report.RunPage;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.metrics.Calibration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What the page of a run shows besides {@code run.json} and the log: calibration, and examples with
 * their texts. They are in a file of their own, {@code report.json}, which who publishes a model
 * can leave out.
 */
public final class Findings {
  /** So many examples of a kind are shown. */
  static final int SHOWN = 20;

  /** The name of the page in the folder of a run. */
  public static final String PAGE = "report.html";

  private static final int BINS = 10;
  private static final int LONGEST = 600;

  private final ObjectNode json = JsonFiles.object();

  /**
   * An example.
   *
   * @param pair the second text, null if there is none
   * @param labels those that the data say
   * @param file null if there is one alone, or none
   * @param line of the file, 0 if there is none
   */
  record Row(String text, String pair, List<String> labels, String file, long line) {}

  /** An example of files, at one of their {@linkplain Source lines}, or of none. */
  static Row row(Source files, long line, String text, String pair, List<String> labels) {
    String file = files.files().size() > 1 ? files.file(line).toString() : null;
    return new Row(text, pair, labels, file, Source.inFile(line));
  }

  /** What its probabilities are worth. */
  void calibration(Calibration calibration) {
    ObjectNode to = json.putObject("calibration");
    to.put("expected_calibration_error", calibration.expectedError());
    ArrayNode bins = to.putArray("bins");
    for (Calibration.Bin bin : calibration.bins()) {
      ObjectNode one = bins.addObject();
      one.put("from", bin.from()).put("to", bin.to()).put("count", bin.count());
      if (bin.count() > 0) {
        one.put("confidence", bin.confidence()).put("accuracy", bin.accuracy());
      }
    }
  }

  static int bins() {
    return BINS;
  }

  /**
   * The wrong answers that the model was surest of, or the scores that are the farthest off.
   *
   * @param figure what the score of a judgement is: {@code probability} or {@code error}
   */
  void errors(List<Judgement> judgements, String figure, IntFunction<Row> rows) {
    ArrayNode to = json.putArray("errors");
    judgements.stream()
        .filter(one -> !one.right())
        .sorted(Comparator.comparingDouble(Judgement::score).reversed())
        .limit(SHOWN)
        .forEach(one -> add(to, rows.apply(one.row()), one).put(figure, one.score()));
  }

  /**
   * Examples that were learnt from and are still not believed, those with the largest loss first.
   */
  void highLoss(List<Judgement> judgements, double[] losses, IntFunction<Row> rows) {
    ArrayNode to = json.putArray("high_loss");
    judgements.stream()
        .filter(one -> !one.right())
        .sorted(Comparator.comparingDouble(one -> -losses[one.row()]))
        .limit(SHOWN)
        .forEach(one -> add(to, rows.apply(one.row()), one).put("loss", losses[one.row()]));
  }

  private static ObjectNode add(ArrayNode to, Row row, Judgement judgement) {
    ObjectNode one = to.addObject();
    one.put("text", shortened(row.text()));
    if (row.pair() != null) {
      one.put("pair", shortened(row.pair()));
    }
    row.labels().forEach(one.putArray("label")::add);
    judgement.answer().forEach(one.putArray("answer")::add);
    if (row.file() != null) {
      one.put("file", row.file());
    }
    if (row.line() > 0) {
      one.put("line", row.line());
    }
    return one;
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST
        ? text
        : text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, LONGEST))) + "…";
  }

  /** Writes the findings, and the page of a run whose other files are in place. */
  public void write(Path folder) {
    Path file = folder.resolve(RecordedRun.EXAMPLES);
    if (json.isEmpty()) {
      AtomicFile.delete(file); // of a run that was replaced
    } else {
      AtomicFile.write(file, JsonFiles.format(json));
    }
    page(RecordedRun.read(folder), State.FINISHED, folder.resolve(PAGE));
  }

  /** Writes the page of a run. */
  public static void page(RecordedRun run, State state, Path to) {
    AtomicFile.write(to, RunPage.of(run, state).getBytes(StandardCharsets.UTF_8));
  }
}
