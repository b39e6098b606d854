package io.github.jaubert.cli;

import io.github.jaubert.measure.card.CardDetails;
import io.github.jaubert.measure.card.ModelCard;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the card of a model, or writes it anew. */
@Command(
    name = "card",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the card of a model, README.md, and the bill of its materials, ml-bom.cdx.json, from what"
          + " its folder tells of the run. finetune and pretrain do so by themselves.",
      "A card that is there keeps all that people wrote in it: only what stands between the marks"
          + " <!-- jaubert … --> is written anew. What is given here stays for the next time."
    })
final class CardCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "MODEL", description = "The folder of the model.")
  private Path folder;

  @Option(
      names = "--license",
      paramLabel = "NAME",
      description =
          "The licence of the model, as the Hub writes it: apache-2.0, cc-by-4.0, … Default: that of"
              + " the base model, if its card is here.")
  private String license;

  @Option(
      names = "--data-license",
      paramLabel = "NAME",
      description = "The licence of the training data.")
  private String dataLicense;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      split = ",",
      description = "The languages it is for, as en or de.")
  private List<String> languages = List.of();

  @Option(
      names = "--dataset",
      paramLabel = "OWNER/NAME",
      split = ",",
      description = "The training data, if they are on the Hub.")
  private List<String> datasets = List.of();

  @Option(
      names = "--benchmark",
      paramLabel = "OWNER/NAME:TASK",
      description =
          "The evaluation data, if they are a benchmark of the Hub: writes the result to"
              + " .eval_results, which the Hub shows on its table.")
  private String benchmark;

  @Option(names = "--author", paramLabel = "NAME", description = "Who made the model.")
  private String author;

  @Option(names = "--intended-use", paramLabel = "TEXT", description = "What the model is for.")
  private String intendedUse;

  @Option(
      names = "--out-of-scope-use",
      paramLabel = "TEXT",
      description = "What the model is not for.")
  private String outOfScopeUse;

  @Option(
      names = "--co2-per-kwh",
      paramLabel = "G",
      description =
          "Grams of CO2 for a kilowatt-hour where the model was trained. Default: the average of the"
              + " world.")
  private double gramsPerKilowattHour = Double.NaN;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CardDetails details;
    try {
      details =
          new CardDetails(
              license,
              dataLicense,
              languages,
              datasets,
              benchmark,
              author,
              intendedUse,
              outOfScopeUse,
              gramsPerKilowattHour);
    } catch (IllegalArgumentException e) {
      boolean co2 = e.getMessage().startsWith("grams");
      throw new ParameterException(
          spec.commandLine(), (co2 ? "--co2-per-kwh: " : "--") + e.getMessage());
    }
    spec.commandLine().getOut().println(ModelCard.write(folder, details));
    return 0;
  }
}
