package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.glue.GlueFiles;
import io.github.jaubert.cli.glue.GlueMethod;
import io.github.jaubert.cli.glue.GlueOptions;
import io.github.jaubert.cli.glue.GlueRun;
import io.github.jaubert.cli.glue.GlueTable;
import io.github.jaubert.cli.glue.GlueTask;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Fine-tunes an encoder on GLUE's tasks with several seeds. Each run is one of {@code finetune}, in
 * a folder of its own; one that is done is not done again.
 */
@Command(
    name = "glue",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Fine-tunes an encoder on the tasks of GLUE, with several seeds, and writes a table"
          + " (glue.md), all figures (glue.json) and a picture (glue.svg).",
      "A run that was interrupted goes on when the same command is given again, and what is done"
          + " is not done again."
    })
final class GlueCommand implements Callable<Integer> {
  private static final String WNLI_NOTE =
      "WNLI is not in the average: its pairs to be judged by were made to contradict those learnt"
          + " from, and the commonest label is hard to beat.";

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description =
          "Required: the folder that holds CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, WNLI"
              + " and AX (or diagnostic), or some of them, as GLUE has them.")
  private Path data;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = "Required: the encoder, a Hugging Face folder or a name on the Hub.")
  private Path model;

  @Option(
      names = "--tasks",
      split = ",",
      paramLabel = "TASK[,TASK]",
      hideParamSyntax = true,
      description = "${COMPLETION-CANDIDATES}. Default: those that are in the folder.")
  private List<GlueTask> tasks;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "METHOD[,METHOD]",
      hideParamSyntax = true,
      description =
          "${COMPLETION-CANDIDATES}: the encoder's first weights drawn anew, the encoder as it is"
              + " under a new head, low-rank adapters, or all fine-tuned. Default: full.")
  private List<GlueMethod> methods = List.of(GlueMethod.FULL);

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many runs of each, with the seeds 1 to N. Default: 3.")
  private int seeds = 3;

  @Option(names = "--out", paramLabel = "DIR", description = "Where to write. Default: runs/glue.")
  private Path out = Path.of("runs", "glue");

  @Option(
      names = "--keep-models",
      description = "Keep the fine-tuned models; without, only what they measured is kept.")
  private boolean keepModels;

  @Parameters(
      paramLabel = "-- OPTION",
      arity = "0..*",
      description =
          "Behind --: options of finetune for all runs, as in: -- --epochs 4 --train-limit 2000")
  private List<String> options = List.of();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    check();
    GlueOptions.of(model, data, options).keepOrRefuse(out);
    GlueTable table = new GlueTable();
    PrintWriter say = spec.commandLine().getOut();
    Set<GlueTask> chosen = chosen();
    int all = chosen.size() * methods.size() * seeds;
    int done = 0;
    for (GlueTask task : chosen) {
      GlueFiles files = GlueFiles.of(task, data, out.resolve(task.folder()));
      files.said().ifPresent(say::println);
      for (GlueMethod method : methods) {
        for (int seed = 1; seed <= seeds; seed++) {
          done++;
          GlueRun run = new GlueRun(files, method, seed, out.resolve(task.folder()));
          say.printf("%d of %d: %s, %s, seed %d%n", done, all, task.title(), method.folder(), seed);
          say.flush();
          int code = run.isDone() ? 0 : run.run(model, options, spec.commandLine());
          if (code != 0) {
            return code; // the same command goes on from here
          }
          if (!keepModels) {
            run.deleteModel();
          }
          Map<String, Double> measured = run.measured();
          say.println("  " + GlueRun.words(measured));
          table.add(task, method, seed, measured);
        }
      }
      write(table); // what there is, should the next task take long
    }
    say.println();
    say.print(table.markdown(methods));
    if (chosen.contains(GlueTask.WNLI)) {
      say.println(WNLI_NOTE);
    }
    say.printf("wrote glue.md, glue.json and glue.svg in %s%n", out);
    return 0;
  }

  private void check() {
    CommandLine command = spec.commandLine();
    if (!Files.isDirectory(data)) {
      throw new ParameterException(command, "--data %s: no such folder".formatted(data));
    }
    model = ModelOption.folder(command, "--model", model);
    TrainingOptions.atLeast(command, "--seeds", seeds, 1);
    if (EnumSet.copyOf(methods).size() < methods.size()) {
      throw new ParameterException(command, "--methods: one is given twice");
    }
    chosen();
  }

  /** In GLUE's order. */
  private Set<GlueTask> chosen() {
    EnumSet<GlueTask> there = EnumSet.noneOf(GlueTask.class);
    for (GlueTask task : tasks == null ? EnumSet.allOf(GlueTask.class) : EnumSet.copyOf(tasks)) {
      if (task.train(data).isPresent()) {
        there.add(task);
      } else if (tasks != null) {
        throw new ParameterException(
            spec.commandLine(),
            "--data %s: no %s/train.tsv".formatted(data, task.folders().get(0)));
      }
    }
    if (there.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--data %s holds none of GLUE's tasks, such as SST-2/train.tsv".formatted(data));
    }
    return there;
  }

  private void write(GlueTable table) {
    AtomicFile.write(out.resolve("glue.md"), bytes(table.markdown(methods)));
    AtomicFile.write(out.resolve("glue.json"), JsonFiles.format(table.json(methods)));
    AtomicFile.write(out.resolve("glue.svg"), bytes(table.picture(methods)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
