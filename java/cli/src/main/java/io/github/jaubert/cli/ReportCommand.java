package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.cli.finetune.Findings;
import io.github.jaubert.cli.repeat.Measured;
import io.github.jaubert.cli.report.ComparisonPage;
import io.github.jaubert.cli.report.RecordedRun;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the page of a run, or one on which several are compared. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes report.html into the folder of a run, also of one that still goes on: curves, tables,"
          + " errors with their texts, settings. Of several runs, writes one page that compares"
          + " them. A page is one file that a browser shows without a network."
    })
final class ReportCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Folders that finetune or pretrain wrote, or write.")
  private List<Path> folders;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write. Default: report.html in the folder of a run; of several, comparison.html"
              + " in the folder of the command.")
  private Path out;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (out != null && Files.isDirectory(out)) {
      throw new ParameterException(
          spec.commandLine(), "--out %s: is a folder; name a file in it".formatted(out));
    }
    List<RecordedRun> runs = folders.stream().map(RecordedRun::read).toList();
    PrintWriter say = spec.commandLine().getOut();
    if (runs.size() == 1) {
      RecordedRun run = runs.get(0);
      say.println("wrote " + write(run));
    } else {
      Path page = out == null ? Path.of("comparison.html") : out;
      AtomicFile.write(
          page, ComparisonPage.of(runs, Measured::isBetter).getBytes(StandardCharsets.UTF_8));
      say.println("wrote " + page);
    }
    return 0;
  }

  private Path write(RecordedRun run) {
    Path page = out == null ? run.folder().resolve(Findings.PAGE) : out;
    Findings.page(run, run.state(), page);
    return page;
  }
}
