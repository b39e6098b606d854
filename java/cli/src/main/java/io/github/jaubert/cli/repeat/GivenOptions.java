package io.github.jaubert.cli.repeat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The options that a command was given, as words for another. */
final class GivenOptions {
  private GivenOptions() {}

  /** Those that are wanted, in the order in which they were given. */
  static List<String> words(CommandLine command, Predicate<OptionSpec> wanted) {
    List<String> words = new ArrayList<>();
    for (OptionSpec option : new LinkedHashSet<>(command.getParseResult().matchedOptions())) {
      if (!wanted.test(option)) {
        continue;
      }
      if (option.arity().max() == 0) {
        words.add(option.longestName());
      } else {
        option.originalStringValues().forEach(v -> words.add(option.longestName() + "=" + v));
      }
    }
    return words;
  }
}
