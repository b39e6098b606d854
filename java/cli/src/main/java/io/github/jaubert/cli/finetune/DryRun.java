package io.github.jaubert.cli.finetune;

import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Machine;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingListener;
import io.github.jaubert.train.data.LabelText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Tells what a run would be: its examples are read and tokenised, and its first steps taken, by
 * which its time is estimated. Nothing is written; the model is as after these steps.
 */
public final class DryRun implements TrainingListener {
  private static final int MEASURED = 10;

  /** The first steps are slower than the others. */
  private static final int WARM_UP = 2;

  private static final int BARS = 5;
  private static final int WIDEST = 30;
  private static final int LISTED = 8;

  private final PrintWriter say;
  private Map<String, Object> settings;
  private int[] lengths; // sorted
  private long steps;
  private long allTokens;
  private long began;
  private long tokensBefore;
  private double tokensPerNano;

  /** Ends the run after its first steps. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1;

    Enough() {
      super(null, null, false, false);
    }
  }

  public DryRun(PrintWriter say) {
    this.say = say;
  }

  /**
   * Takes the first steps of a run, and tells what they tell.
   *
   * @param counts how often each label is there; empty if that says nothing
   */
  public void of(Trainer trainer, Map<String, Long> counts) {
    try {
      trainer.listener(this).run();
    } catch (Enough e) {
      // as planned
    }
    tell(counts);
  }

  @Override
  public void prepared(int[] lengths) {
    this.lengths = lengths.clone();
    Arrays.sort(this.lengths);
  }

  @Override
  public void configured(Map<String, Object> settings) {
    this.settings = settings;
  }

  @Override
  public void started(long step, long steps, long tokens, long allTokens) {
    this.steps = steps;
    this.allTokens = allTokens;
    began = System.nanoTime();
  }

  @Override
  public void stepped(long step, long tokens) {
    long now = System.nanoTime();
    if (step > WARM_UP || step == steps) {
      tokensPerNano = (double) (tokens - tokensBefore) / (now - began);
    }
    if (step == WARM_UP && step < steps) {
      began = now;
      tokensBefore = tokens;
    }
    if (step == Math.min(steps, MEASURED)) {
      throw new Enough();
    }
  }

  // ---- what is told ----

  private void tell(Map<String, Long> counts) {
    if (!counts.isEmpty()) {
      tellLabels(counts);
    }
    tellLengths();
    say(
        "steps: %,d in %s, %,d tokens; batches of %s, learning rate %s, %s",
        steps,
        Figures.counted((int) settings.get("epochs"), "epoch"),
        allTokens,
        settings.get("batch_size").equals(0)
            ? Figures.counted((int) settings.get("batch_tokens"), "token")
            : Figures.counted((int) settings.get("batch_size"), "text"),
        Figures.rate(settings.get("learning_rate")),
        String.valueOf(settings.get("precision")).toLowerCase(Locale.ROOT));
    Duration time = Duration.ofNanos((long) (allTokens / tokensPerNano));
    say(
        "time: about %d:%02d:%02d to train, by %s measured (%,.0f tokens/s); judging comes on top",
        time.toHours(),
        time.toMinutesPart(),
        time.toSecondsPart(),
        Figures.counted(Math.min(steps, MEASURED), "step"),
        tokensPerNano * 1e9);
    String most = Machine.field(status(), "VmHWM").replace(" kB", "");
    if (!most.isEmpty()) {
      say("memory: %,.1f GB so far; longer batches may need more", Long.parseLong(most) / 1e6);
    }
    say("nothing was written; without --dry-run this is trained");
  }

  private void tellLabels(Map<String, Long> counts) {
    StringBuilder listed = new StringBuilder();
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(LISTED)
        .forEach(
            one ->
                listed.append(
                    String.format(
                        Locale.ROOT,
                        "%s%s (%,d)",
                        listed.isEmpty() ? "" : ", ",
                        LabelText.shown(one.getKey()),
                        one.getValue())));
    say("examples by label: %s%s", listed, counts.size() > LISTED ? ", …" : "");
  }

  private void tellLengths() {
    int longest = lengths[lengths.length - 1];
    int limit = (int) settings.getOrDefault("max_length", Integer.MAX_VALUE);
    long full = Arrays.stream(lengths).filter(length -> length >= limit).count();
    say(
        "tokens an example: %d to %d, median %d, 95 %% have at most %d%s",
        lengths[0],
        longest,
        quantile(0.5),
        quantile(0.95),
        limit == Integer.MAX_VALUE
            ? ""
            : String.format(
                Locale.ROOT,
                "; %.1f %% have the %d that texts are cut to",
                100.0 * full / lengths.length,
                limit));
    int width = Math.max(1, (longest + BARS - 1) / BARS);
    long[] bars = new long[BARS];
    for (int length : lengths) {
      bars[Math.min(BARS - 1, Math.max(0, length - 1) / width)]++;
    }
    long most = Arrays.stream(bars).max().orElseThrow();
    for (int i = 0; i < BARS && i * width < longest; i++) {
      say(
          "  %4d–%-4d %s %,d",
          i * width + 1,
          Math.min(longest, (i + 1) * width),
          "█".repeat((int) Math.ceil((double) WIDEST * bars[i] / most)),
          bars[i]);
    }
  }

  private int quantile(double share) {
    return lengths[(int) Math.ceil(share * lengths.length) - 1];
  }

  private void say(String form, Object... values) {
    say.println(String.format(Locale.ROOT, form, values));
  }

  private static String status() {
    try {
      return Files.readString(Path.of("/proc/self/status"));
    } catch (IOException e) {
      return ""; // another system
    }
  }
}
