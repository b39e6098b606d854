package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.finetune.Findings;
import io.github.jaubert.cli.report.RecordedRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the runs in a folder. */
@Command(
    name = "runs",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the runs in a folder and the folders in it, the newest first: state, task, steps, the"
          + " first metric, size and date. report shows one of them, or compares several."
    })
final class RunsCommand implements Callable<Integer> {
  /** Folds and seeds are folders in the folder of their search. */
  private static final int DEPTH = 3;

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

  @Parameters(paramLabel = "FOLDER", arity = "0..1", description = "Default: runs.")
  private Path folder = Path.of("runs");

  @Option(names = "--json", description = "Print all figures as a JSON array.")
  private boolean json;

  @Spec private CommandSpec spec;

  /** What the files of a folder are together, and when the last of them was written. */
  private record Size(long bytes, Instant date) {}

  private record Listed(RecordedRun run, Size size) {}

  @Override
  public Integer call() {
    if (!Files.isDirectory(folder)) {
      throw new ParameterException(
          spec.commandLine(),
          Files.exists(folder)
              ? folder + ": is a file, not a folder of runs"
              : folder + ": there is no such folder; finetune makes runs, or name another");
    }
    List<Listed> all = new ArrayList<>();
    for (Path run : folders()) {
      try {
        all.add(new Listed(RecordedRun.read(run), size(run)));
      } catch (CheckpointException e) {
        spec.commandLine().getErr().println("jaubert: " + e.getMessage());
      }
    }
    all.sort(Comparator.comparing((Listed one) -> one.size().date()).reversed());
    if (json) {
      spec.commandLine().getOut().println(json(all).toPrettyString());
    } else {
      print(all);
    }
    return 0;
  }

  private List<Path> folders() {
    List<Path> found = new ArrayList<>();
    walk(
        folder,
        DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            if (!path.equals(folder) && path.getFileName().toString().startsWith(".")) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            if (RecordedRun.isRun(path)) {
              found.add(path);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  private static Size size(Path run) {
    long[] bytes = {0};
    Instant[] last = {Instant.EPOCH};
    walk(
        run,
        DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes[0] += attributes.size();
            Instant date = attributes.lastModifiedTime().toInstant();
            boolean page = file.getFileName().toString().equals(Findings.PAGE);
            last[0] = !page && date.isAfter(last[0]) ? date : last[0];
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) {
            return FileVisitResult.CONTINUE; // one that a run has just replaced
          }
        });
    return new Size(bytes[0], last[0]);
  }

  private static void walk(Path from, int depth, SimpleFileVisitor<Path> visitor) {
    try {
      Files.walkFileTree(from, EnumSet.noneOf(FileVisitOption.class), depth, visitor);
    } catch (IOException e) {
      throw new CheckpointException(
          from.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }

  private String name(RecordedRun run) {
    Path relative = folder.relativize(run.folder());
    return relative.toString().isEmpty() ? "." : relative.toString();
  }

  /** The first metric that is not the loss, or the loss. */
  private static String best(Map<String, Double> measured) {
    return measured.entrySet().stream()
        .min(Comparator.comparing(one -> one.getKey().equals("loss")))
        .map(one -> one.getKey() + " " + Figures.figure(one.getKey(), one.getValue()))
        .orElse("–");
  }

  private void print(List<Listed> all) {
    PrintWriter out = spec.commandLine().getOut();
    if (all.isEmpty()) {
      out.printf("no runs in %s%n", folder);
      return;
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"run", "state", "task", "steps", "metric", "size", "date"});
    for (Listed one : all) {
      rows.add(
          new String[] {
            name(one.run()),
            one.run().state().name().toLowerCase(Locale.ROOT),
            one.run().task().isEmpty() ? "–" : one.run().task(),
            String.format(Locale.ROOT, "%,d", one.run().steps()),
            best(one.run().measured()),
            String.format(Locale.ROOT, "%,.1f MB", one.size().bytes() / 1e6),
            DATE.format(one.size().date())
          });
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        int column = i;
        int width = rows.stream().mapToInt(cells -> cells[column].length()).max().orElseThrow();
        boolean number = i == 3 || i == 5;
        String form = "%" + (number ? "" : "-") + width + "s  ";
        line.append(String.format(form, row[i].replaceAll("\\p{Cntrl}", " ")));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private ArrayNode json(List<Listed> all) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Listed one : all) {
      RecordedRun run = one.run();
      ObjectNode node = array.addObject();
      node.put("folder", run.folder().toString());
      node.put("state", run.state().name().toLowerCase(Locale.ROOT));
      node.put("task", run.task());
      node.put("model", run.description().path("model").asText(null));
      node.put("steps", run.steps());
      ObjectNode figures = node.putObject("evaluation");
      run.measured().forEach(figures::put);
      node.put("bytes", one.size().bytes());
      node.put("date", one.size().date().toString());
    }
    return array;
  }
}
