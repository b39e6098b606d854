package io.github.jaubert.cli;

import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.predict.AnswerLines;
import io.github.jaubert.cli.predict.Answers;
import io.github.jaubert.cli.predict.FillAnswers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells which tokens may stand at the masked places of texts. */
@Command(
    name = "fill-mask",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Tells what may stand at [MASK] in texts, such as \"The capital of France is [MASK].\"",
      "Texts are arguments, or lines of standard input if there are none; an answer is one line."
    })
final class FillMaskCommand implements Callable<Integer> {
  private static final int USUAL_TOP = 5;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description =
          "Required: a Hugging Face folder, or a name on the Hub, of a model with a head for masked"
              + " tokens.")
  private Path model;

  @Parameters(paramLabel = "TEXT", description = "The texts.")
  private List<String> texts = List.of();

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Show so many tokens for each mask. Default: " + USUAL_TOP + ".")
  private int top = USUAL_TOP;

  @Option(
      names = "--targets",
      paramLabel = "WORD",
      split = ",",
      description = "Show these tokens only, the best first; with commas between, or repeated.")
  private List<String> targets = List.of();

  @Option(
      names = "--json",
      description =
          "Print a JSON object a line, with tokens, scores and texts as transformers has.")
  private boolean json;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    TrainingOptions.atLeast(spec.commandLine(), "--top", top, 1);
    device.apply(spec.commandLine());
    model = ModelOption.folder(spec.commandLine(), "--model", model);
    FillMask fill = Pipelines.fillMask(model);
    try (Answers answers = new FillAnswers(fill, json)) {
      fill.top(top).targets(targets.toArray(String[]::new));
      answers.pipeline().computeType(device.forAnswers());
      AnswerLines lines = new AnswerLines(answers, spec.commandLine().getOut());
      if (texts.isEmpty()) {
        lines.ofStandardInput(false);
      } else {
        lines.of(texts, null);
      }
    }
    return 0;
  }
}
