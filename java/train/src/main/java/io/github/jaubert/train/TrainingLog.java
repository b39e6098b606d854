package io.github.jaubert.train;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a program's log how a run goes that nobody listens to: its settings, the loss now and then,
 * and every evaluation.
 */
final class TrainingLog implements TrainingListener {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
  private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  private long steps;
  private long saidAt;

  @Override
  public void configured(Map<String, Object> settings) {
    LOG.info("settings: {}", settings);
  }

  @Override
  public void started(long step, long steps, long tokens, long allTokens) {
    this.steps = steps;
    saidAt = System.nanoTime();
    LOG.info("step {} of {}", step, steps);
  }

  @Override
  public void logged(LogEntry entry) {
    boolean evaluation = entry.kind() == LogEntry.Kind.EVALUATION;
    long now = System.nanoTime();
    if (evaluation || entry.step() == steps || now - saidAt > EVERY_NANOS) {
      saidAt = now;
      LOG.info(
          "step {} of {}, epoch {}, {}: {}",
          entry.step(),
          steps,
          String.format(Locale.ROOT, "%.2f", entry.epoch()),
          evaluation ? "evaluation" : "training",
          said(entry.values()));
    }
  }

  private static String said(Map<String, Double> values) {
    StringJoiner said = new StringJoiner(", ");
    values.forEach((name, value) -> said.add(String.format(Locale.ROOT, "%s %.4g", name, value)));
    return said.toString();
  }
}
