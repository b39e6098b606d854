package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossCurvesTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();

  /** A run with losses of the steps 1, 2, … */
  private Path run(String name, double accuracy, Object... losses) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Object loss : losses) {
      lines.add(
          "{\"loss\":%s,\"grad_norm\":1,\"epoch\":0.1,\"step\":%d}"
              .formatted(loss, lines.size() + 1));
    }
    lines.add(0, judged(1, 0.1));
    lines.add(judged(9, accuracy));
    lines.add("{\"train_runtime\":3.5,\"train_loss\":0.6,\"epoch\":1,\"step\":9}");
    Path run = Files.createDirectories(folder.resolve(name));
    Files.write(run.resolve("train_log.jsonl"), lines);
    Files.writeString(
        run.resolve("run.json"),
        "{\"device\":\"cpu\",\"settings\":{\"epochs\":1,\"precision\":\"F32\"}}");
    return run;
  }

  private static String judged(int step, double accuracy) {
    return "{\"eval_loss\":1,\"eval_accuracy\":%s,\"eval_runtime\":%d,\"epoch\":1,\"step\":%d}"
        .formatted(accuracy, System.nanoTime(), step);
  }

  private int compare(Object... arguments) {
    String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
    out.getBuffer().setLength(0);
    return new picocli.CommandLine(new LossCurves())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(out))
        .execute(words);
  }

  private void says(String words) {
    assertTrue(out.toString().contains(words), out::toString);
  }

  @Test
  void theLargestDifferenceIsNamed() throws IOException {
    Path a = run("a", 0.88, 0.7, 0.6, 0.5);
    Path b = run("b", 0.884, 0.7, 0.59, 0.505);
    assertEquals(0, compare(a, b));
    says("losses at 3 steps, 1 to 3: largest difference 0.0100 at step 2 (0.600000 and 0.590000)");
    says("mean difference 0.00500");
    says("accuracy of the last evaluation: 0.8800 and 0.8840, difference 0.0040");
    says("a: cpu, F32");
  }

  @Test
  void aScoreThatOneRunLacksIsNotWithinAnyBound() throws IOException {
    Path a = run("a", 0.88, 0.7, 0.6);
    Path b = run("b", 0.88, 0.7, 0.6);
    Path log = b.resolve("train_log.jsonl");
    String lines = Files.readString(log);
    for (String score : List.of("\"eval_f1\":1,", "")) { // another score, or none at all
      Files.writeString(log, lines.replaceAll("\"eval_accuracy\":[^,]*,", score));
      assertEquals(1, compare(a, b, "--scores-within", "1"));
      assertEquals(1, compare(b, a, "--scores-within", "1"));
    }
    assertEquals(1, compare(b, b, "--scores-within", "1"));
    says("NO SCORES");
  }

  @Test
  void boundsDecideOnTheExitCode() throws IOException {
    Path a = run("a", 0.88, 0.7, 0.6, 0.5);
    Path b = run("b", 0.884, 0.7, 0.59, 0.505);
    assertEquals(0, compare(a, b, "--within", "0.011", "--scores-within", "0.005"));
    says(": within 0.011");
    assertEquals(1, compare(a, b, "--within", "0.009"));
    says(": NOT within 0.009");
    assertEquals(0, compare(a, b, "--within", "0.009", "--steps", "1"));
    assertEquals(1, compare(a, b, "--scores-within", "0.003"));
    says("difference 0.0040: NOT within 0.003");
    assertEquals(1, compare(a, b, "--steps", "0"));
    assertEquals(0, compare(a, a, "--within", "0"));
  }

  @Test
  void whatIsNoNumberIsFarFromEveryNumber() throws IOException {
    Path a = run("a", 0.88, 0.7, 0.6);
    Path b = run("b", 0.88, 0.7, "\"NaN\"");
    assertEquals(1, compare(a, b, "--within", "100"));
    says("largest difference Infinity at step 2");
    assertEquals(0, compare(b, b, "--within", "0"));
  }

  @Test
  void otherStepsAreNotCompared() throws IOException {
    Path a = run("a", 0.88, 0.7, 0.6, 0.5);
    Path b = run("b", 0.88, 0.7, 0.6);
    assertEquals(1, compare(a, b));
    says("NOT THE SAME STEPS: step 3");
    assertEquals(0, compare(a, b, "--steps", "2"));
  }

  @Test
  void whatIsNoRunIsRefused() throws IOException {
    Path a = run("a", 0.88, 0.7);
    assertEquals(2, compare(a, folder));
    says(folder + " has no train_log.jsonl to read");
    Path log = folder.resolve("train_log.jsonl");
    Files.writeString(log, "oops");
    assertEquals(2, compare(a, folder));
    says("is no history of a run");
    Files.writeString(log, "");
    assertEquals(2, compare(a, folder));
    says("has no losses");
  }
}
