package io.github.jaubert.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.TrainingResult;
import java.io.ByteArrayOutputStream;
import java.io.IOError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void aBarWaitsForNoThreadOfTheCommonPool() {
    ForkJoinPool pool = ForkJoinPool.commonPool();
    CountDownLatch end = new CountDownLatch(1);
    List<ForkJoinTask<?>> busy = new ArrayList<>();
    for (int i = 0; i < 2 * pool.getParallelism(); i++) {
      busy.add(pool.submit(() -> end.await(1, TimeUnit.MINUTES)));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Progress progress = new Progress(new PrintStream(bytes, true), true)) {
      assertTimeoutPreemptively(Duration.ofSeconds(30), () -> progress.advanced("embedding", 1, 9));
    } finally {
      end.countDown();
      busy.forEach(ForkJoinTask::join);
    }
  }

  /** Also where the work is so short that the bar's thread has drawn nothing when it ends. */
  @Test
  void onATerminalABarGivesWayToTheLineThatSaysItIsDone() {
    for (int i = 0; i < 20; i++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (Progress progress = new Progress(new PrintStream(bytes, true), true)) {
        progress.tokenized("dev.tsv", 5, 10);
        progress.tokenized("dev.tsv", 10, 10);
      }
      String shown = bytes.toString(StandardCharsets.UTF_8);
      String erased = shown.substring(0, shown.lastIndexOf('\r'));
      assertTrue(erased.substring(erased.lastIndexOf('\r')).isBlank(), shown);
      assertEquals("tokenising dev.tsv: 10 texts", shown.substring(erased.length()).strip());
    }
  }

  @Test
  void onATerminalTheBarOfTrainingKeepsItsLine() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Progress progress = new Progress(new PrintStream(bytes, true), true)) {
      progress.started(0, 2, 0, 20);
      progress.stepped(1, 10);
      progress.ended();
      progress.logged(new LogEntry(LogEntry.Kind.EVALUATION, 2, 1, Map.of("accuracy", 0.875)));
    }
    List<String> lines =
        bytes.toString(StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    String bar = lines.get(lines.size() - 2);
    assertTrue(bar.startsWith("training  50% ["), bar);
    assertEquals("epoch 1.00  evaluation: accuracy 0.8750", lines.get(lines.size() - 1));
  }

  @Test
  void figuresThatALineHasNoRoomForBeginAnother() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 0.6713);
    values.put("accuracy", 0.54);
    values.put("f1 (1)", 0.7013);
    values.put("matthews_correlation", 0.25);
    LogEntry entry = new LogEntry(LogEntry.Kind.EVALUATION, 7, 1, values);
    String whole =
        "epoch 1.00  evaluation: loss 0.6713  accuracy 0.5400  f1 (1) 0.7013"
            + "  matthews_correlation 0.2500";
    assertEquals(whole, Progress.evaluation(entry, whole.length()));
    assertEquals(
        """
        epoch 1.00  evaluation: loss 0.6713  accuracy 0.5400  f1 (1) 0.7013
                                matthews_correlation 0.2500"""
            .replace("\n", System.lineSeparator()),
        Progress.evaluation(entry, 80));
    assertEquals(4, Progress.evaluation(entry, 1).lines().skip(1).count());
  }

  @Test
  void aTerminalThatCannotBeAskedHasTheUsualWidth() {
    assertEquals(132, Progress.columns(() -> 132));
    assertEquals(80, Progress.columns(() -> 0));
    assertEquals(
        80,
        Progress.columns(
            () -> {
              throw new IOError(new IOException("Cannot run program stty: signal: 2"));
            }));
  }

  @Test
  void ratesAreWrittenAsOptionsAre() {
    assertEquals("1e-4", Figures.rate(1e-4f));
    assertEquals("2.5e-5", Figures.rate(2.5e-5f));
    assertEquals("0.001", Figures.rate(1e-3f));
    assertEquals("5e-4", Figures.rate(5e-4));
  }

  @Test
  void numbersAreThoseOfOneLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      withoutATerminalItWritesPlainLines();
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void withoutATerminalItWritesPlainLines() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Progress progress = new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), false);
    progress.tokenized("train.tsv", 500, 1234);
    progress.tokenized("train.tsv", 1234, 1234);
    progress.started(0, 2, 0, 20_000);
    progress.stepped(1, 10_000);
    progress.logged(new LogEntry(LogEntry.Kind.TRAIN, 2, 1, Map.of("loss", 0.5)));
    progress.stepped(2, 20_000);
    progress.logged(new LogEntry(LogEntry.Kind.EVALUATION, 2, 1, Map.of("accuracy", 0.875)));
    progress.finished(new TrainingResult(Map.of(), List.of(), 2, 1, 20_000, Map.of()));
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals("tokenising train.tsv: 1,234 texts", lines.get(0));
    assertEquals("training: 2 steps, 20,000 tokens", lines.get(1));
    assertTrue(
        lines.get(2).matches("step 2/2 {2}loss 0.5000 [\\d,]+ tok/s 0:00 left"), lines.get(2));
    assertEquals("epoch 1.00  evaluation: accuracy 0.8750", lines.get(3));
    assertEquals(4, lines.size());
    bytes.reset();
    progress.started(0, 1, 0, 20);
    assertEquals("training: 1 step, 20 tokens", bytes.toString(StandardCharsets.UTF_8).strip());
  }
}
