package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Labels texts with a model that was fine-tuned. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Labels texts with a fine-tuned model.",
      "Texts are arguments, or lines of standard input if there are none; an answer is one line."
    })
final class PredictCommand implements Callable<Integer> {
  /** Lines that are labelled together. */
  private static final int CHUNK = 256;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description =
          "Required: a Hugging Face folder of a fine-tuned encoder, such as finetune writes.")
  private Path model;

  @Parameters(paramLabel = "TEXT", description = "The texts.")
  private List<String> texts = List.of();

  @Option(
      names = "--pair",
      paramLabel = "TEXT",
      description = "The second text, for a model of pairs; as often as there are texts.")
  private List<String> pairs;

  @Option(
      names = "--pairs",
      description = "Each line of standard input is two texts with a tab between.")
  private boolean tabbed;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Show so many labels. Default: ${DEFAULT-VALUE}.")
  private int top = 3;

  @Option(names = "--json", description = "Print a JSON object a line, with all labels.")
  private boolean json;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (pairs != null && pairs.size() != texts.size()) {
      throw new ParameterException(
          spec.commandLine(),
          "--pair is given %d times for %d texts".formatted(pairs.size(), texts.size()));
    }
    if (tabbed && !texts.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--pairs is about standard input; with texts use --pair");
    }
    TrainingOptions.atLeast(spec.commandLine(), "--top", top, 1);
    device.apply(spec.commandLine());
    ModelOption.check(spec.commandLine(), model);
    try (TextClassification classify = Pipelines.textClassification(model)) {
      classify.computeType(device.precision());
      if (texts.isEmpty()) {
        fromStandardInput(classify);
      } else {
        answer(classify, texts, pairs);
      }
    }
    return 0;
  }

  private void fromStandardInput(TextClassification classify) {
    List<String> first = new ArrayList<>();
    List<String> second = tabbed ? new ArrayList<>() : null;
    TextLines lines = new TextLines(System.in, "standard input");
    try {
      for (String line = lines.next(); line != null; line = lines.next()) {
        int tab = line.indexOf('\t');
        if (tabbed && tab < 0) {
          throw new DataException(
              "standard input",
              lines.number(),
              "no tab; with --pairs a line is two texts with a tab between");
        }
        first.add(tabbed ? line.substring(0, tab) : line);
        if (tabbed) {
          second.add(line.substring(tab + 1));
        }
        // Whoever types, or waits for an answer, gets it at once.
        if (first.size() == CHUNK || !lines.ready()) {
          if (!answer(classify, first, second)) {
            return; // nobody reads further answers
          }
          first.clear();
          if (tabbed) {
            second.clear();
          }
        }
      }
    } catch (DataException e) {
      answer(classify, first, second); // the lines before have theirs
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException("standard input cannot be read: " + e.getMessage(), e);
    }
    answer(classify, first, second);
  }

  /** Prints the answers; false if they cannot be printed, of which {@link Main} tells. */
  private boolean answer(TextClassification classify, List<String> first, List<String> second) {
    PrintWriter out = spec.commandLine().getOut();
    List<List<LabelScore>> results = classify.ofAll(first, second);
    for (int i = 0; i < first.size(); i++) {
      List<LabelScore> result = results.get(i);
      out.println(
          json
              ? asJson(first.get(i), second == null ? null : second.get(i), result)
              : asText(classify, result));
    }
    return !out.checkError(); // which also flushes
  }

  private String asText(TextClassification classify, List<LabelScore> result) {
    if (classify.labels().problemType() == ProblemType.REGRESSION) {
      return String.format(Locale.ROOT, "%.4f", result.get(0).score());
    }
    String answer =
        String.join(", ", result.stream().limit(top).map(LabelScore::toString).toList());
    return answer.replaceAll("[\r\n]+", " "); // a label may hold a line end, an answer must not
  }

  private static String asJson(String text, String pair, List<LabelScore> result) {
    ObjectNode node = JsonFiles.object();
    node.put("text", text);
    if (pair != null) {
      node.put("pair", pair);
    }
    ObjectNode scores = node.putObject("scores");
    result.forEach(score -> scores.put(score.label(), score.score()));
    return node.toString();
  }
}
