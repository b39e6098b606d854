package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.measure.BiasText;
import io.github.jaubert.cli.measure.ClassifierBiasOptions;
import io.github.jaubert.cli.measure.MaskedBiasOptions;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.report.BiasPage;
import io.github.jaubert.measure.bias.BiasReport;
import io.github.jaubert.measure.bias.BiasResult;
import io.github.jaubert.measure.bias.Bootstrap;
import io.github.jaubert.tensor.Device;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures what a model has learned of groups of people. */
@Command(
    name = "bias",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Measures how a model treats groups of people. Every figure has a 95 %% interval, and words on"
          + " what it does not say.",
      "A model for masked tokens: what fills the gap in sentences about men and women, how near"
          + " occupations are to either, and the data sets that are given. A classifier: accuracy"
          + " and errors by group, and whether labels flip when he becomes she; give --data."
    })
final class BiasCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description =
          "A Hugging Face folder, or a name on the Hub: of a model with a head for masked tokens, or"
              + " of a classifier of texts.")
  private Path model;

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      description =
          "Measure another one, too, and show both side by side, such as before and after training.")
  private Path against;

  @Mixin private MaskedBiasOptions masked;

  @Mixin private ClassifierBiasOptions classifier;

  @Option(
      names = "--resamples",
      paramLabel = "N",
      description = "How often items are drawn again for an interval. Default: 1000.")
  private int resamples = Bootstrap.USUAL_RESAMPLES;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of what is drawn by chance. Default: 42.")
  private long seed = 42;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write all figures to a file of JSON.")
  private Path json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page that a browser shows without a network.")
  private Path html;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    TrainingOptions.atLeast(spec.commandLine(), "--resamples", resamples, 1);
    masked.check(spec.commandLine());
    checkFile("--json", json);
    checkFile("--html", html);
    device.apply(spec.commandLine());
    Map<String, Path> models = models();
    boolean classifies = classifies(models);
    List<List<BiasResult>> results = new ArrayList<>();
    for (Path folder : models.values()) {
      results.add(classifies ? ofClassifier(folder) : ofMasked(folder));
    }
    BiasReport report = new BiasReport(List.copyOf(models.keySet()), results);
    PrintWriter say = spec.commandLine().getOut();
    BiasText.print(say, report);
    write(say, report);
    return 0;
  }

  private void checkFile(String option, Path file) {
    if (file != null && Files.isDirectory(file)) {
      throw new ParameterException(
          spec.commandLine(), "%s %s: is a folder; name a file in it".formatted(option, file));
    }
  }

  /**
   * The folders by what the models are called: their names, or if these are the same their paths.
   */
  private Map<String, Path> models() {
    Path first = ModelOption.folder(spec.commandLine(), "MODEL", model);
    Map<String, Path> models = new LinkedHashMap<>();
    if (against == null) {
      models.put(model.toString(), first);
      return models;
    }
    Path second = ModelOption.folder(spec.commandLine(), "--against", against);
    boolean alike = name(model).equals(name(against));
    models.put(alike ? model.toString() : name(model), first);
    if (models.put(alike ? against.toString() : name(against), second) != null) {
      throw new ParameterException(
          spec.commandLine(), "--against %s: is MODEL itself".formatted(against));
    }
    return models;
  }

  private static String name(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? path.toString() : name.toString();
  }

  /** Whether the models are classifiers; all are to be of one kind. */
  private boolean classifies(Map<String, Path> models) {
    Boolean all = null;
    for (Map.Entry<String, Path> one : models.entrySet()) {
      boolean fills = MaskedLanguageModel.isIn(one.getValue());
      if (!fills && !SequenceClassifier.TYPE.isIn(one.getValue())) {
        throw new ParameterException(
            spec.commandLine(),
            "%s: has neither a head for masked tokens nor one that labels texts; bias is measured of these"
                .formatted(one.getKey()));
      }
      if (all != null && all == fills) {
        throw new ParameterException(
            spec.commandLine(),
            "--against %s: one model fills masks, the other labels texts; their figures cannot be compared"
                .formatted(against));
      }
      all = !fills;
    }
    if (all) {
      masked.refuse(spec.commandLine(), model);
      classifier.check(spec.commandLine(), model);
    } else {
      classifier.refuse(spec.commandLine(), model);
    }
    return all;
  }

  private List<BiasResult> ofMasked(Path folder) {
    return masked.measure(folder, device.forAnswers(), new Bootstrap(seed, resamples));
  }

  private List<BiasResult> ofClassifier(Path folder) {
    return classifier.measure(
        spec.commandLine(), folder, device.forAnswers(), new Bootstrap(seed, resamples));
  }

  private void write(PrintWriter say, BiasReport report) {
    if (json != null) {
      ObjectNode all = JsonFiles.object();
      all.put("jaubert", Program.version());
      all.put("device", Device.defaultDevice().description());
      all.put("precision", device.forAnswers().name().toLowerCase(Locale.ROOT));
      all.put("seed", seed);
      all.put("resamples", resamples);
      all.setAll(report.json());
      AtomicFile.write(json, JsonFiles.format(all));
      say.println("wrote " + json);
    }
    if (html != null) {
      String made =
          "jaubert %s · %s · %s · seed %d, %,d resamples"
              .formatted(
                  Program.version(),
                  Device.defaultDevice().description(),
                  device.forAnswers().name().toLowerCase(Locale.ROOT),
                  seed,
                  resamples);
      AtomicFile.write(html, BiasPage.of(report, made).getBytes(StandardCharsets.UTF_8));
      say.println("wrote " + html);
    }
  }
}
