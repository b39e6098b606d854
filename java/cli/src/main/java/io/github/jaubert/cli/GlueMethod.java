package io.github.jaubert.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How an encoder is used for a task of GLUE. */
enum GlueMethod {
  RANDOM("first weights drawn anew, nothing pre-trained", "--learning-rate", "3e-4"),
  FROZEN(
      "the encoder as it is, a new head",
      "--freeze",
      "^(?!.*(classifier|pooler|head\\.)).*$",
      "--learning-rate",
      "1e-3"),
  FULL("all weights fine-tuned");

  private final String description;
  private final List<String> arguments;

  GlueMethod(String description, String... arguments) {
    this.description = description;
    this.arguments = List.of(arguments);
  }

  String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  String description() {
    return description;
  }

  /** Its options of finetune, but for those that were given. */
  List<String> arguments(List<String> given) {
    List<String> left = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String option = arguments.get(i);
      if (given.stream().noneMatch(word -> word.equals(option) || word.startsWith(option + "="))) {
        left.addAll(arguments.subList(i, i + 2));
      }
    }
    return left;
  }
}
