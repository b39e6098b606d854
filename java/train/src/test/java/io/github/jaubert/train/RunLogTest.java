package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.LogEntry.Kind;
import io.github.jaubert.train.metrics.Accuracy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  private static final Labels TWO = Labels.of("0", "1");

  @TempDir private Path folder;

  /** Asserts that the logs of two runs differ in what the clock said alone. */
  static void assertSameButForTimes(Path one, Path other) throws IOException {
    assertEquals(withoutTimes(one), withoutTimes(other));
  }

  private static String withoutTimes(Path run) throws IOException {
    return Files.readString(run.resolve(RunLog.FILE))
        .replaceAll("\"\\w+_(runtime|samples_per_second|steps_per_second)\":[^,]+,", "");
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(RunLog.FILE))) {
      lines.add(new JsonMapper().readTree(line));
    }
    return lines;
  }

  private static List<String> keys(JsonNode line) {
    return line.properties().stream().map(Map.Entry::getKey).toList();
  }

  private TrainingResult run(TrainingListener listener) {
    try (Tokenizer tokenizer = SmallModel.tokenizer(folder.resolve("tokenizer"));
        SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      return Trainer.of(
              SequenceClassification.of(model, tokenizer)
                  .train(SmallModel.sentences(64, 1))
                  .evaluate(SmallModel.sentences(20, 2), new Accuracy()))
          .with(s -> s.epochs(2).batchSize(8).learningRate(1e-3f).logEvery(3).seed(4))
          .checkpoints(folder, 5)
          .listener(listener)
          .run();
    }
  }

  @Test
  void theKeysAreThoseOfTransformers() throws IOException {
    TrainingResult result = run(new TrainingListener() {});
    List<JsonNode> lines = lines();
    assertEquals(
        List.of("loss", "learning_rate", "grad_norm", "epoch", "step"), keys(lines.get(0)));
    assertEquals(
        List.of(
            "eval_loss",
            "eval_accuracy",
            "eval_runtime",
            "eval_samples_per_second",
            "eval_steps_per_second",
            "epoch",
            "step"),
        keys(lines.stream().filter(line -> line.has("eval_loss")).findFirst().orElseThrow()));
    JsonNode last = lines.get(lines.size() - 1);
    assertEquals(
        List.of(
            "train_runtime",
            "train_samples_per_second",
            "train_steps_per_second",
            "train_loss",
            "epoch",
            "step"),
        keys(last));
    assertEquals(16, last.path("step").asInt());
    assertEquals(2.0, last.path("epoch").asDouble());
    double perSample = last.path("train_samples_per_second").asDouble();
    assertEquals(8, perSample / last.path("train_steps_per_second").asDouble(), 0.01);
    // Lines of 3 steps each, and one of the last step alone.
    double sum = 0;
    int steps = 0;
    for (JsonNode line : lines) {
      if (line.has("loss")) {
        int count = line.path("step").asInt() == 16 ? 1 : 3;
        sum += count * line.path("loss").asDouble();
        steps += count;
      }
    }
    assertEquals(16, steps);
    assertEquals(sum / 16, last.path("train_loss").asDouble(), 1e-12);
    assertEquals(result.history(), RunLog.read(folder));
  }

  @Test
  void aRunThatGoesOnKeepsTheLinesThatItHas() throws IOException {
    assertThrows(
        ArithmeticException.class,
        () ->
            run(
                new TrainingListener() {
                  @Override
                  public void stepped(long step, long tokens) {
                    if (step == 14) {
                      throw new ArithmeticException();
                    }
                  }
                }));
    List<JsonNode> before = lines();
    List<Long> logged = before.stream().map(line -> line.path("step").asLong()).toList();
    assertEquals(List.of(3L, 6L, 8L, 9L, 12L), logged);
    Files.writeString(folder.resolve(RunLog.FILE), "{\"loss\":0.1,\"st", StandardOpenOption.APPEND);
    assertEquals(5, RunLog.read(folder).size());
    run(new TrainingListener() {});
    List<JsonNode> after = lines();
    assertEquals(before.subList(0, 4), after.subList(0, 4)); // with the runtime of the evaluation
    List<Long> steps = after.stream().map(line -> line.path("step").asLong()).toList();
    assertEquals(List.of(3L, 6L, 8L, 9L, 12L, 15L, 16L, 16L, 16L), steps);
    run(new TrainingListener() {}); // finds nothing to do
    assertEquals(after, lines());
  }

  @Test
  void whatIsNotANumberIsReadBack() throws IOException {
    LogEntry spoilt =
        new LogEntry(Kind.TRAIN, 1, 0.5, Map.of("loss", Double.NaN, "x", Double.NEGATIVE_INFINITY));
    RunLog log = new RunLog(folder);
    log.begin(List.of(spoilt), 1);
    assertEquals(List.of(spoilt), RunLog.read(folder));
    assertTrue(Files.readString(folder.resolve(RunLog.FILE)).contains("\"loss\":\"NaN\""));
    assertEquals(List.of(), RunLog.read(folder.resolve("none")));
  }
}
