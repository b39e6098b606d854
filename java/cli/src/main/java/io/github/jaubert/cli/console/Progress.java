package io.github.jaubert.cli.console;

import io.github.jaubert.bert.tokenizer.VocabularyListener;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.TrainingListener;
import io.github.jaubert.train.TrainingResult;
import java.io.Console;
import java.io.IOError;
import java.io.IOException;
import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * Shows on standard error how far a run is: loss, tokens per second and the time left. On a
 * terminal it is a bar; elsewhere, such as in a file or in CI, a line every few seconds. It can
 * also show other work, and is then closed when that ends.
 */
public final class Progress implements TrainingListener, AutoCloseable {
  private static final long LINE_EVERY_NANOS = 10_000_000_000L;
  private static final Set<String> OF_THE_OPTIMIZER = Set.of("learning_rate", "grad_norm");
  private static final DecimalFormat COUNT =
      new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT));

  private final PrintStream out;
  private final boolean terminal;
  private ProgressBar bar;
  private BarLine line; // where the bar is
  private String learnt = ""; // the figures of the last line of the log
  private long steps;
  private long allTokens;
  private long firstTokens;
  private long doneSteps;
  private long doneTokens;
  private long startedAt;
  private long lastLineAt;

  /** On standard error. */
  public Progress() {
    this(Chatter.progress(), Chatter.onTerminal());
  }

  public Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /**
   * From JDK 22 on there is a console also where there is no terminal, and a method that tells the
   * two apart.
   */
  static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /**
   * Some work besides training goes on.
   *
   * @param work what is done, such as {@code embedding}
   * @param done how many of {@code all} texts are
   */
  public void advanced(String work, int done, int all) {
    advanced(work, " texts", done, all, counted(all, "text"));
  }

  /** How much of a file has gone over the line. */
  public void transferred(String file, long bytes, long size) {
    long all = size / 1000;
    advanced(
        file,
        " kB",
        bytes < size ? Math.min(bytes / 1000, all - 1) : all,
        all,
        String.format(Locale.ROOT, "%.1f MB", size / 1e6));
  }

  private void advanced(String work, String unit, long done, long all, String whole) {
    if (terminal) {
      if (bar == null) {
        bar = bar(work, unit, all, 0, Duration.ZERO);
      }
      bar.stepTo(done);
    }
    if (done == all) {
      close(false); // the next line says what the bar did
      out.println(work + ": " + whole);
    }
  }

  private static String counted(long count, String thing) {
    return COUNT.format(count) + " " + thing + (count == 1 ? "" : "s");
  }

  @Override
  public void tokenized(String source, int done, int all) {
    advanced("tokenising " + source, done, all);
  }

  @Override
  public void tokenizedBytes(String source, long read, long all) {
    advanced(
        "tokenising " + source,
        " kB",
        read / 1000,
        all / 1000,
        String.format(Locale.ROOT, "%.1f MB", all / 1e6));
  }

  /** How far the training of a vocabulary is. */
  public VocabularyListener vocabulary() {
    return new VocabularyListener() {
      @Override
      public void learned(int tokens, int wanted) {
        if (terminal) {
          if (bar == null) {
            bar = bar("vocabulary", " tokens", wanted, 0, Duration.ZERO);
          }
          bar.stepTo(tokens);
        }
      }
    };
  }

  @Override
  public void configured(Map<String, Object> settings) {
    Object sentences = settings.get("batch_size");
    boolean inTokens = sentences.equals(0);
    out.println(
        counted((int) settings.get("epochs"), "epoch")
            + ", learning rate "
            + Figures.rate(settings.get("learning_rate"))
            + ", batches of "
            + (inTokens
                ? counted((int) settings.get("batch_tokens"), "token")
                : counted((int) sentences, "text"))
            + (settings.get("gradient_accumulation").equals(1)
                ? ""
                : ", " + settings.get("gradient_accumulation") + " batches a step")
            + (settings.get("micro_batch_tokens").equals(0)
                ? ""
                : ", %s at a time"
                    .formatted(counted((int) settings.get("micro_batch_tokens"), "token")))
            + ", "
            + (settings.containsKey("masking") ? "sequences of up to " : "cut to ")
            + settings.get("max_length")
            + " tokens");
  }

  @Override
  public void started(long step, long steps, long tokens, long allTokens) {
    this.steps = steps;
    this.allTokens = allTokens;
    this.firstTokens = tokens;
    this.doneSteps = step;
    this.doneTokens = tokens;
    this.startedAt = System.nanoTime();
    this.lastLineAt = startedAt;
    out.println(
        (step == 0
                ? "training: "
                : step == steps ? "finished earlier: " : "going on after step " + step + " of ")
            + counted(steps, "step")
            + ", "
            + counted(allTokens, "token"));
    if (terminal && step < steps) {
      bar = trainingBar();
    }
  }

  @Override
  public void stepped(long step, long tokens) {
    doneSteps = step;
    doneTokens = tokens;
    long now = System.nanoTime();
    if (bar != null) {
      bar.stepTo(step);
      bar.setExtraMessage(figures(now));
    } else if (!terminal && (now - lastLineAt >= LINE_EVERY_NANOS || step == steps)) {
      lastLineAt = now;
      out.println("step %d/%d  %s".formatted(step, steps, figures(now)));
    }
  }

  /** Loss, speed and the time left, short enough for 80 columns with all that stands before. */
  private String figures(long now) {
    double perNano = (double) (doneTokens - firstTokens) / (now - startedAt);
    Duration left = Duration.ofNanos((long) ((allTokens - doneTokens) / perNano));
    return String.format(
        Locale.ROOT,
        "%s%s tok/s %d:%02d left",
        learnt,
        COUNT.format(perNano * 1e9),
        left.toMinutes(),
        left.toSecondsPart());
  }

  /** The loss and what the task tells besides. */
  private static String learnt(Map<String, Double> values) {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (name, value) -> {
          if (!OF_THE_OPTIMIZER.contains(name)) {
            String form = name.equals("loss") ? "%s %.4f " : "%s %.3f ";
            text.append(String.format(Locale.ROOT, form, name, value));
          }
        });
    return text.toString();
  }

  @Override
  public void logged(LogEntry entry) {
    if (entry.kind() == LogEntry.Kind.TRAIN) {
      learnt = learnt(entry.values());
      return;
    }
    // A finished bar leaves its line; the next one goes on below the figures.
    close();
    out.println(evaluation(entry, line == null ? Integer.MAX_VALUE : line.width));
    if (terminal && entry.step() < steps) {
      bar = trainingBar();
    }
  }

  /** The figures of an evaluation; those that a line has no room for begin another. */
  static String evaluation(LogEntry entry, int columns) {
    StringBuilder text = new StringBuilder();
    String line = String.format(Locale.ROOT, "epoch %.2f  evaluation:", entry.epoch());
    String indent = " ".repeat(line.length());
    String gap = " ";
    for (Map.Entry<String, Double> value : entry.values().entrySet()) {
      String figure = String.format(Locale.ROOT, "%s %.4f", value.getKey(), value.getValue());
      if (!line.equals(indent) && line.length() + gap.length() + figure.length() > columns) {
        text.append(line).append(System.lineSeparator());
        line = indent;
        gap = " ";
      }
      line += gap + figure;
      gap = "  ";
    }
    return text + line;
  }

  @Override
  public void ended() {
    close();
  }

  @Override
  public void finished(TrainingResult result) {
    close();
  }

  /**
   * How wide the terminal is. What the bar would open by itself takes the signals' handlers away
   * from the program that has them, such as one that saves at Ctrl-C.
   */
  private static final class Screen {
    private static final int USUAL = 80;
    private static final Terminal TERMINAL = open();

    private static Terminal open() {
      try {
        return TerminalBuilder.builder().nativeSignals(false).dumb(true).build();
      } catch (IOException e) {
        return null;
      }
    }

    static int columns() {
      return Progress.columns(TERMINAL == null ? () -> 0 : TERMINAL::getWidth);
    }
  }

  /**
   * How wide a terminal is: the usual also if it cannot be asked, as when Ctrl-C ends the program
   * that asks it, which is no reason not to save.
   */
  static int columns(IntSupplier terminal) {
    try {
      int width = terminal.getAsInt();
      return width > 0 ? width : Screen.USUAL;
    } catch (IOError e) {
      return Screen.USUAL;
    }
  }

  /**
   * Something of the bar's that waits. An interrupt of this thread is for the run, and the bar
   * would take it for its own and forget it. It has a thread of its own: those of the common pool
   * may all be waiting for this one.
   */
  private static <T> T undisturbed(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> new Thread(task, "jaubert-bar").start())
        .join();
  }

  /**
   * The line of a bar, which ends when it is told to. The bar ends its own lines, but not of work
   * so short that it drew it once only.
   */
  private static final class BarLine extends ConsoleProgressBarConsumer {
    private final PrintStream out;
    private final int width;

    BarLine(PrintStream out, int width) {
      super(out, width);
      this.out = out;
      this.width = width;
    }

    @Override
    public void close() {
      // end does it
    }

    void end(boolean keep) {
      out.print(keep ? System.lineSeparator() : "\r" + " ".repeat(width - 1) + "\r");
      out.flush();
    }
  }

  private ProgressBar trainingBar() {
    return bar("training", "", steps, doneSteps, Duration.ofNanos(System.nanoTime() - startedAt));
  }

  private ProgressBar bar(String task, String unit, long all, long done, Duration elapsed) {
    line = new BarLine(out, undisturbed(Screen::columns));
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(all)
        .startsFrom(done, elapsed)
        .setUnit(unit, 1)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(250)
        .setConsumer(line)
        .hideEta() // it goes by steps, which differ in length
        .build();
  }

  /** Ends the bar, which has a thread of its own and would go on behind work that failed. */
  @Override
  public void close() {
    close(true);
  }

  /**
   * Ends the bar.
   *
   * @param keep whether its line stays, and what follows begins below it
   */
  private void close(boolean keep) {
    if (bar != null) {
      ProgressBar ended = bar;
      bar = null;
      undisturbed(
          () -> {
            ended.close();
            return null;
          });
      line.end(keep);
    }
  }
}
