package io.github.jaubert.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Tries many cases of a {@link Trial} in other virtual machines. One that is ended by a case, or
 * hangs in it, is replaced by another that goes on behind that case, so that one run finds all
 * faults.
 *
 * <p>These system properties change what is tried: {@code jaubert.fuzz.count}, how many cases;
 * {@code jaubert.fuzz.seed}, other ones; {@code jaubert.fuzz.from}, the first. The files of the
 * last case stay in {@code target/fuzz}.
 */
public final class FuzzRun {
  /** A case that takes longer hangs: so many seconds of the processors, or in all. */
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private static final Duration LONGEST_IN_ALL = Duration.ofSeconds(120);
  private static final Duration LONGEST_START = Duration.ofSeconds(120);
  private static final int WORKERS = 2;
  private static final int LISTED = 25;

  private final Class<? extends Trial> trial;
  private final long seed = Long.getLong("jaubert.fuzz.seed", 1);
  private final long from = Long.getLong("jaubert.fuzz.from", 0);
  private final long end;
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final List<Fault> faults = new ArrayList<>();

  private FuzzRun(Class<? extends Trial> trial, int count) {
    this.trial = trial;
    this.end = from + Long.getLong("jaubert.fuzz.count", count);
  }

  /**
   * Tries cases.
   *
   * @param count how many, unless a system property says otherwise
   * @return what is wrong, with the command for each kind; empty if nothing is
   */
  public static String run(Class<? extends Trial> trial, String module, String test, int count) {
    FuzzRun run = new FuzzRun(trial, count);
    long start = System.nanoTime();
    run.tryAll();
    System.out.printf(
        "%s: %d cases read, %d refused, %d at fault, in %d s%n",
        trial.getSimpleName(),
        run.read.get(),
        run.refused.get(),
        run.faults.size(),
        (System.nanoTime() - start) / 1_000_000_000);
    return run.report(module, test);
  }

  private void tryAll() {
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    try {
      List<Callable<Void>> shares = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        int share = i;
        shares.add(
            () -> {
              tryShare(share);
              return null;
            });
      }
      for (Future<Void> done : workers.invokeAll(shares)) {
        done.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      workers.shutdownNow();
    }
    faults.sort(Comparator.comparingLong(Fault::index));
  }

  private void tryShare(int share) throws IOException, InterruptedException {
    Path folder = Path.of("target", "fuzz", trial.getSimpleName() + "-" + share);
    Files.createDirectories(folder);
    long next = from + share;
    while (next < end) {
      next = new Child(folder, next).watch() + WORKERS;
    }
  }

  /** One virtual machine and what it says. */
  private final class Child {
    private static final String ENDED = "ended";

    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final StringBuilder errors = new StringBuilder(); // under its own lock, as the next
    private boolean loggedLongLine;
    private final Process process;
    private final long first;

    Child(Path folder, long first) throws IOException {
      this.first = first;
      List<String> command = new ArrayList<>();
      // A file that asks for terabytes must end the child, not the machine.
      command.addAll(List.of("/bin/sh", "-c", "ulimit -v 12000000; ulimit -c 0; exec \"$@\"", "-"));
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of(
              "--enable-native-access=ALL-UNNAMED",
              "-Xmx256m",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-XX:-CreateCoredumpOnCrash",
              "-XX:ErrorFile=" + folder.resolveSibling("hs_err"),
              "-Dorg.slf4j.simpleLogger.log.ai.djl=error",
              "-cp",
              System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
              FuzzChild.class.getName(),
              trial.getName()));
      for (long number : new long[] {seed, first, WORKERS, end}) {
        command.add(Long.toString(number));
      }
      command.add(folder.toString());
      process = new ProcessBuilder(command).start();
      read(process.getInputStream(), said::add, () -> said.add(ENDED));
      read(process.getErrorStream(), this::keepError, () -> {});
    }

    private void keepError(String line) {
      synchronized (errors) {
        if (line.length() > FuzzChild.LONGEST_MESSAGE) {
          loggedLongLine = true;
        } else if (errors.length() < 100_000) {
          errors.append(line).append('\n');
        }
      }
    }

    private boolean takeLoggedLongLine() {
      synchronized (errors) {
        boolean logged = loggedLongLine;
        loggedLongLine = false;
        errors.setLength(0);
        return logged;
      }
    }

    private String takeErrors() {
      synchronized (errors) {
        String all = errors.toString();
        errors.setLength(0);
        return all;
      }
    }

    /** Waits until it ends; the last case that it began. */
    long watch() throws InterruptedException {
      long index = first;
      String damage = null;
      try {
        while (true) {
          String line = nextLine(damage != null);
          if (line == null) {
            faults(index, damage, "hangs");
            return index;
          }
          if (line.equals(ENDED)) {
            if (damage != null || process.waitFor() != 0) {
              faults(index, damage, "ends the process: " + lastWords());
              return damage == null ? end : index;
            }
            return end;
          }
          if (line.startsWith(FuzzChild.BEGIN)) {
            String[] parts = line.split(" ", 3);
            index = Long.parseLong(parts[1]);
            damage = parts[2];
          } else if (line.startsWith(FuzzChild.END)) {
            ended(index, damage, line.split(" ", 3)[2]);
            damage = null;
          }
        }
      } finally {
        process.destroyForcibly().waitFor();
      }
    }

    private void ended(long index, String damage, String outcome) {
      if (takeLoggedLongLine()) {
        faults(index, damage, "logged a long line");
      } else if (outcome.equals(FuzzChild.READ)) {
        read.incrementAndGet();
      } else if (outcome.equals(FuzzChild.REFUSED)) {
        refused.incrementAndGet();
      } else {
        faults(index, damage, outcome);
      }
    }

    /** What it says next, or null if the case at hand, or the start, takes too long. */
    private String nextLine(boolean inCase) throws InterruptedException {
      Duration longest = inCase ? LONGEST_IN_ALL : LONGEST_START;
      Duration before = processorTime();
      long start = System.nanoTime();
      while (System.nanoTime() - start < longest.toNanos()) {
        String line = said.poll(500, TimeUnit.MILLISECONDS);
        if (line != null) {
          return line;
        }
        if (inCase && processorTime().minus(before).compareTo(LONGEST) > 0) {
          return said.poll();
        }
      }
      return null;
    }

    private Duration processorTime() {
      return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** The message of a panic, or whatever came last. */
    private String lastWords() throws InterruptedException {
      process.waitFor();
      Thread.sleep(100); // for the reader of the errors
      String all = takeErrors();
      int panic = all.indexOf("panicked at ");
      String words = panic < 0 ? all : all.substring(panic);
      return process.exitValue() + ", " + FuzzChild.oneLine(words.strip());
    }
  }

  private static void read(InputStream stream, Consumer<String> to, Runnable end) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                lines.lines().forEach(to);
              } catch (IOException | UncheckedIOException e) {
                // It was killed: what it said until then counts.
              }
              end.run();
            });
    reader.setDaemon(true);
    reader.start();
  }

  private synchronized void faults(long index, String damage, String kind) {
    faults.add(new Fault(index, String.valueOf(damage), kind));
    System.out.println("case " + index + ", " + damage + ": " + kind);
  }

  // ---- the report ----

  private String report(String module, String test) {
    Map<String, List<Fault>> kinds = new TreeMap<>();
    for (Fault fault : faults) {
      String kind = fault.kind().replaceAll("[0-9]+|'[^']*'|\"[^\"]*\"", "#");
      kind = kind.substring(0, Math.min(120, kind.length()));
      kinds.computeIfAbsent(kind, k -> new ArrayList<>()).add(fault);
    }
    StringBuilder text = new StringBuilder();
    if (!faults.isEmpty()) {
      text.append(faults.size())
          .append(" of the cases ")
          .append(from)
          .append(" to ")
          .append(end - 1)
          .append(" of ")
          .append(trial.getSimpleName())
          .append(" end otherwise than they may:\n");
    }
    kinds.values().stream()
        .sorted(Comparator.comparingInt((List<Fault> kind) -> kind.size()).reversed())
        .limit(LISTED)
        .forEach(
            kind ->
                text.append(
                    "%d x %s%n  damage: %s%n  ./mvnw test -pl %s -am -Dtest=%s -Dsurefire.failIfNoSpecifiedTests=false -Djaubert.fuzz.seed=%d -Djaubert.fuzz.from=%d -Djaubert.fuzz.count=1%n"
                        .formatted(
                            kind.size(),
                            kind.get(0).kind(),
                            kind.get(0).damage(),
                            module,
                            test,
                            seed,
                            kind.get(0).index())));
    return text.toString();
  }
}
