package io.github.jaubert.cli.glue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How an encoder is used for a task of GLUE. */
public enum GlueMethod {
  /** First weights drawn anew: what the task alone teaches. */
  RANDOM("--learning-rate", "3e-4"),
  /** The encoder as it is, under a new head. */
  FROZEN("--freeze", "^(?!.*(classifier|pooler|head\\.)).*$", "--learning-rate", "1e-3"),
  /** Low-rank adapters and a new head. */
  LORA("--lora-rank", "8"),
  /** All weights. */
  FULL();

  private final List<String> arguments;

  GlueMethod(String... arguments) {
    this.arguments = List.of(arguments);
  }

  public String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Its options of finetune, but for those that were given. */
  List<String> arguments(List<String> given) {
    List<String> left = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String option = arguments.get(i);
      if (given.stream().noneMatch(word -> option.equals(name(word)))) {
        left.addAll(arguments.subList(i, i + 2));
      }
    }
    return left;
  }

  /** The long name of the option that a word gives. */
  private static String name(String word) {
    String name = word.replaceFirst("=.*", "");
    return name.equals("--lr") ? "--learning-rate" : name;
  }
}
