package io.github.jaubert.cli;

import io.github.jaubert.demo.ModelDownload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What is said of a {@code --model} or {@code --teacher} that is no folder. */
final class ModelOption {
  /** As the Hub has them: {@code bert-base-uncased}, {@code google/mobilebert-uncased}. */
  private static final Pattern HUB = Pattern.compile("(\\w[\\w.-]*/)?\\w[\\w.-]*");

  private ModelOption() {}

  /** Not a mistyped folder, such as {@code runs/wordnett} where there is {@code runs}. */
  private static boolean isOfHub(Path model) {
    Path parent = model.getParent();
    return HUB.matcher(model.toString()).matches() && (parent == null || !Files.exists(parent));
  }

  /**
   * Refuses what is no folder, and says how to come by one.
   *
   * @param option that has the folder
   * @param model null if it was not given
   * @throws ParameterException if it is none
   */
  static void check(CommandLine command, String option, Path model) {
    if (model == null || Files.isDirectory(model) && !model.toString().isEmpty()) {
      return;
    }
    String name = model.toString();
    String made = ModelDownload.named(name).map(ModelDownload::id).orElse(null);
    String remedy =
        Files.exists(model)
            ? "a file; " + option + " is the folder that holds it"
            : made != null
                ? "no such folder; %s download %s makes models/%s"
                    .formatted(Main.command(), name, made)
                : isOfHub(model)
                    ? ("no such folder; if it is a model of Hugging Face's Hub, put config.json,"
                            + " model.safetensors and tokenizer.json (or vocab.txt and"
                            + " tokenizer_config.json) of https://huggingface.co/%s/tree/main into a"
                            + " folder and name that")
                        .formatted(name)
                    : "no such folder";
    throw new ParameterException(command, "%s %s: %s".formatted(option, name, remedy));
  }
}
