package io.github.jaubert.cli.options;

import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Refuses options that the chosen task does not heed. */
final class TaskOptions {
  private TaskOptions() {}

  /**
   * Refuses the options of a task that was not chosen.
   *
   * @param group declares them
   * @param task as {@code --task} has it
   * @param shared which of them the chosen task heeds, too
   * @throws ParameterException naming the first of them
   */
  static void refuseOf(CommandLine command, Class<?> group, String task, Set<String> shared) {
    for (OptionSpec option : command.getParseResult().matchedOptions()) {
      String name = option.longestName();
      if (!shared.contains(name) && DataOptions.isOf(option, group)) {
        throw new ParameterException(command, name + " is for --task " + task);
      }
    }
  }

  /**
   * Refuses what the chosen task does not heed.
   *
   * @param names of options
   * @param groups declare more of them
   * @param reason follows the name
   * @throws ParameterException naming the first of them
   */
  static void refuse(CommandLine command, Set<String> names, List<Class<?>> groups, String reason) {
    for (OptionSpec option : command.getParseResult().matchedOptions()) {
      String name = option.longestName();
      if (names.contains(name) || DataOptions.isOf(option, groups.toArray(Class<?>[]::new))) {
        throw new ParameterException(command, name + " " + reason);
      }
    }
  }
}
