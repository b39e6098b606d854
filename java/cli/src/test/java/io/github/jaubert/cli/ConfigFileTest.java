package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Options in a YAML file. */
class ConfigFileTest extends CommandFixture {
  private Path config(String text) throws IOException {
    return Files.writeString(folder.resolve("run.yaml"), text);
  }

  /** The words that a command line is read as. */
  private static List<String> words(Object... arguments) {
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    CommandLine root = new CommandLine(new Root());
    return List.of(ConfigFile.expanded(root, words));
  }

  @CommandLine.Command(subcommands = {FinetuneCommand.class, EvaluateCommand.class})
  private static final class Root {}

  @Test
  void theFilesOptionsStandBeforeTheOthers() throws IOException {
    Path file =
        config(
            """
            # a comment
            train: a b.tsv
            learning_rate: 1e-4
            keep-best: true
            graphs: false
            freeze: [embeddings, 'layer\\.[0-3]\\.']
            class-weights: [1, 2.5]
            label-column: yes
            pair-column: ""
            seed: 0123
            """);
    assertEquals(
        List.of(
            "--stacktrace",
            "finetune",
            "--train=a b.tsv",
            "--learning-rate=1e-4",
            "--keep-best",
            "--freeze=embeddings",
            "--freeze=layer\\.[0-3]\\.",
            "--class-weights=1,2.5",
            "--label-column=yes",
            "--pair-column=",
            "--seed=0123",
            "--eval",
            "b.tsv"),
        words("--stacktrace", "finetune", "--config", file, "--eval", "b.tsv"));
  }

  @Test
  void theCommandLineWins() throws IOException {
    Path file = config("epochs: 3\nlr: 1e-4\nfreeze: [a, b]\nbatch-size: 8\n");
    assertEquals(
        List.of(
            "finetune",
            "--batch-size=8",
            "--tokens=1M",
            "--learning-rate",
            "2e-5",
            "--freeze",
            "c"),
        words(
            "finetune",
            "--tokens=1M",
            "--config=" + file,
            "--learning-rate",
            "2e-5",
            "--freeze",
            "c"));
    List<String> behind = List.of("finetune", "--", "--config", "x");
    assertEquals(behind, words(behind.toArray()));
    assertEquals(List.of("evaluate", "--config", "x"), words("evaluate", "--config", "x"));
  }

  @Test
  void whatIsNoOptionIsNamed() throws IOException {
    String[][] cases = {
      {"epoch: 3", "there is no option epoch; the nearest is epochs"},
      {"learningrate: 3", "there is no option learningrate; the nearest is learning-rate"},
      {"help: true", "there is no option help"},
      {"config: x.yaml", "a file of options cannot name another"},
      {"keep-best: maybe", "keep-best: maybe; true or false"},
      {"epochs: {a: 1}", "epochs: a text, a number, true or false, or a list of them"},
      {"epochs: 1\nepochs: 2", "line 2: found duplicate key epochs"},
      {"a: [1", "line "},
      {"", "holds no options"},
      {"- epochs", "holds no options"},
      {"x: \u0001", "is no YAML"},
      {"a: &a [*a, *a]\nb: *c", "line 2: found undefined alias c"},
    };
    for (String[] one : cases) {
      Result result = jaubert("finetune", "--config", config(one[0]));
      assertTrue(result.failure(2).contains("run.yaml: " + one[1]), result.err());
    }
    assertTrue(
        jaubert("finetune", "--config", config("epochs: many"))
            .failure(2)
            .contains("Invalid value for option '--epochs'"));
    assertTrue(jaubert("pretrain", "--config", folder.resolve("none")).failure(2).contains("none"));
    assertTrue(jaubert("pretrain", "--config", folder).failure(2).contains("cannot be read"));
    assertTrue(jaubert("finetune", "--config").failure(2).contains("--config needs a file"));
    assertTrue(
        jaubert("finetune", "--config=a", "--config", "b").failure(2).contains("given twice"));
  }

  @Test
  void theFileOfARunRepeatsItBitForBit() throws IOException {
    Path one = folder.resolve("one");
    finetune(one, "--freeze", "embeddings", "--freeze", "layer\\.0\\.", "--keep-best");
    String written = Files.readString(one.resolve("config.yaml"));
    assertFalse(written.contains("out:") || written.contains("overwrite"), written);
    assertTrue(written.contains("seed: 42\n") && written.contains("precision: "), written);
    Path two = folder.resolve("two");
    jaubert("finetune", "--config", one.resolve("config.yaml"), "--out", two).succeeded();
    assertSameBytes(one, two, "config.json", "model.safetensors", "train_log.jsonl");
    List<String> options = Files.readAllLines(two.resolve("config.yaml"));
    assertEquals(written.lines().skip(3).toList(), options.subList(3, options.size()));
    JsonNode command = new JsonMapper().readTree(two.resolve("run.json").toFile()).path("command");
    assertTrue(command.toString().contains("--freeze=embeddings"), command.toString());
    assertFalse(command.toString().contains("--config"), command.toString());
  }
}
