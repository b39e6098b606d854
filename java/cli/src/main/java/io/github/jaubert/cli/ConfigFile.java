package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.cli.console.Program;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Options of a command in a YAML file, by their names without the dashes. They become words of the
 * command line before that is read, but for those that it has, too; all that is said of options
 * holds for them so. Each value is a text as YAML has it, which the option understands.
 */
final class ConfigFile {
  private static final String OPTION = "--config";

  /** The name of the file that a run writes. */
  static final String NAME = "config.yaml";

  /** Where a run is written is no part of what it is. */
  private static final Set<String> NOT_WRITTEN =
      Set.of("--out", "--overwrite", OPTION, "--dry-run");

  @Option(
      names = OPTION,
      paramLabel = "FILE",
      description =
          "Options in a YAML file, as \"learning-rate: 2e-5\"; those of the command line win. Every"
              + " run writes one that repeats it, config.yaml.")
  private Path file; // for the help alone: the words of the file stand in its place

  /** Every value is a text, as it is written; a document without any is nothing. */
  private static final class Texts extends FailsafeSchema {
    @Override
    public Map<Tag, ConstructNode> getSchemaTagConstructors() {
      return Map.of(Tag.NULL, node -> null);
    }
  }

  // ---- read ----

  /**
   * The arguments with the options of a file in the place of its name.
   *
   * @throws ParameterException if the file cannot be read, or has what is no option of the command
   */
  static String[] expanded(CommandLine root, String... arguments) {
    int at = 0;
    while (at < arguments.length && !root.getSubcommands().containsKey(arguments[at])) {
      at++;
    }
    if (at == arguments.length) {
      return arguments;
    }
    CommandLine command = root.getSubcommands().get(arguments[at]);
    if (command.getCommandSpec().findOption(OPTION) == null) {
      return arguments;
    }
    List<String> before = List.of(arguments).subList(0, at + 1);
    List<String> rest = new ArrayList<>(List.of(arguments).subList(at + 1, arguments.length));
    Path file = take(command, rest);
    if (file == null) {
      return arguments;
    }
    List<String> all = new ArrayList<>(before);
    all.addAll(words(command, file, given(command, rest)));
    all.addAll(rest);
    return all.toArray(String[]::new);
  }

  /** Removes the option and its value from the words; null if it is not there. */
  private static Path take(CommandLine command, List<String> words) {
    Path file = null;
    for (int i = 0; i < words.size() && !words.get(i).equals("--"); i++) {
      String word = words.get(i);
      if (!word.equals(OPTION) && !word.startsWith(OPTION + "=")) {
        continue;
      }
      if (file != null) {
        throw new ParameterException(command, OPTION + " is given twice");
      }
      words.remove(i);
      if (word.equals(OPTION) && i == words.size()) {
        throw new ParameterException(command, OPTION + " needs a file");
      }
      file = Path.of(word.equals(OPTION) ? words.remove(i) : word.substring(OPTION.length() + 1));
      i--;
    }
    return file;
  }

  /** The options that words name, and those that exclude each other with one of them. */
  private static Set<ArgSpec> given(CommandLine command, List<String> words) {
    Set<ArgSpec> given = new HashSet<>();
    for (String word : words) {
      if (word.equals("--")) {
        break;
      }
      OptionSpec option = command.getCommandSpec().findOption(word.replaceFirst("=.*", ""));
      if (word.startsWith("-") && option != null) {
        given.add(option);
        if (option.group() != null && option.group().exclusive()) {
          given.addAll(option.group().args());
        }
      }
    }
    return given;
  }

  private static List<String> words(CommandLine command, Path file, Set<ArgSpec> without) {
    List<String> words = new ArrayList<>();
    for (Map.Entry<?, ?> entry : read(command, file).entrySet()) {
      String name = String.valueOf(entry.getKey());
      OptionSpec option = command.getCommandSpec().findOption("--" + name.replace('_', '-'));
      if (option == null || option.usageHelp() || option.versionHelp()) {
        throw refused(command, file, "there is no option " + name + "; " + nearest(command, name));
      }
      if (option.longestName().equals(OPTION)) {
        throw refused(command, file, "a file of options cannot name another");
      }
      if (!without.contains(option)) {
        add(command, file, option, name, entry.getValue(), words);
      }
    }
    return words;
  }

  private static void add(
      CommandLine command,
      Path file,
      OptionSpec option,
      String name,
      Object value,
      List<String> to) {
    List<?> values = value instanceof List<?> list ? list : List.of(value == null ? "" : value);
    for (Object one : values) {
      if (!(one instanceof String)) {
        throw refused(command, file, name + ": a text, a number, true or false, or a list of them");
      }
    }
    if (option.arity().max() == 0) {
      if (!"true".equals(value) && !"false".equals(value)) {
        throw refused(command, file, "%s: %s; true or false".formatted(name, value));
      }
      if (value.equals("true")) {
        to.add(option.longestName());
      }
    } else if (option.isMultiValue()) {
      values.forEach(one -> to.add(option.longestName() + "=" + one));
    } else {
      to.add(
          option.longestName()
              + "="
              + String.join(",", values.stream().map(Object::toString).toList()));
    }
  }

  private static Map<?, ?> read(CommandLine command, Path file) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(file.toString()).setSchema(new Texts()).build();
    try {
      InputStream in = new ByteArrayInputStream(Files.readAllBytes(file));
      if (new Load(settings).loadFromInputStream(in) instanceof Map<?, ?> map) {
        return map;
      }
      throw refused(command, file, "holds no options, as \"epochs: 3\"");
    } catch (IOException e) {
      throw refused(command, file, "cannot be read: " + CheckpointException.describe(e));
    } catch (MarkedYamlEngineException e) {
      String line =
          e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("");
      throw refused(command, file, line + e.getProblem());
    } catch (YamlEngineException e) {
      throw refused(command, file, "is no YAML: " + e.getMessage().lines().findFirst().orElse(""));
    }
  }

  private static ParameterException refused(CommandLine command, Path file, String why) {
    return new ParameterException(command, "%s %s: %s".formatted(OPTION, file, why));
  }

  private static String nearest(CommandLine command, String name) {
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (OptionSpec option : command.getCommandSpec().options()) {
      for (String other : option.names()) {
        int distance = distance(name.replace('_', '-'), other.replaceFirst("^-+", ""));
        if (distance < least) {
          least = distance;
          nearest = other.replaceFirst("^-+", "");
        }
      }
    }
    return "the nearest is " + nearest;
  }

  /** How many letters are to be put in, taken out or replaced (Levenshtein 1966). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  // ---- written ----

  /**
   * Writes the options of a run, with which it is repeated to the last bit.
   *
   * @param settings those of the run, of which the precision may depend on the machine
   */
  static void write(CommandLine command, Path folder, Map<String, Object> settings) {
    Map<String, Object> options = new LinkedHashMap<>();
    for (OptionSpec option : new LinkedHashSet<>(command.getParseResult().matchedOptions())) {
      if (!NOT_WRITTEN.contains(option.longestName()) && !option.inherited()) {
        List<String> values = option.originalStringValues();
        options.put(
            option.longestName().substring(2),
            option.arity().max() == 0 ? "true" : values.size() == 1 ? values.get(0) : values);
      }
    }
    options.put("seed", String.valueOf(settings.get("seed")));
    options.put("precision", String.valueOf(settings.get("precision")).toLowerCase(Locale.ROOT));
    DumpSettings form =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setSchema(new FailsafeSchema())
            .setWidth(1000)
            .build();
    String text =
        """
        # The options of this run. The same again, to the last bit:
        #   %s %s --config THIS_FILE --out DIR
        # in the folder %s, where relative paths begin.
        """
            .formatted(
                Program.command(),
                command.getCommandName(),
                Path.of("").toAbsolutePath().toString().replaceAll("\\p{C}", " "));
    AtomicFile.write(
        folder.resolve(NAME),
        (text + new Dump(form).dumpToString(options)).getBytes(StandardCharsets.UTF_8));
  }
}
