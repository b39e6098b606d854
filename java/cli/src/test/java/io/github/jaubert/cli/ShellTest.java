package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as shells start it: by locale, from pipes, and onto devices. */
@EnabledOnOs(OS.LINUX)
class ShellTest extends CommandFixture {
  /**
   * A shell line in which {@code jaubert} is the command and {@code M} its model, with nothing of
   * this process's locale.
   */
  private Result shell(String locale, String line) throws Exception {
    String function = "jaubert() { '" + String.join("' '", java()) + "' \"$@\"; }\n";
    Path script = folder.resolve("script");
    Files.writeString(
        script, function + "M='" + model + "'\n" + line + "\n", StandardCharsets.UTF_8);
    return run(locale, List.of("bash", script.toString()));
  }

  private Result run(String locale, List<String> words) throws Exception {
    Path out = folder.resolve("stdout");
    Path err = folder.resolve("stderr");
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.directory(folder.toFile());
    for (String name : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
      builder.environment().remove(name);
    }
    if (!locale.isEmpty()) {
      builder.environment().put("LC_ALL", locale);
    }
    int code = builder.start().waitFor();
    String said = Files.readString(err).replaceAll("(?m)^(\\[WARN]|.* setlocale: ).*\\n", "");
    return new Result(code, Files.readString(out), said);
  }

  @Test
  void argumentsAreUtf8() throws Exception {
    String out =
        shell("C.UTF-8", "jaubert predict --json --model $M 'Ça va' '日本' '\uD83D\uDE00' ''")
            .succeeded()
            .out();
    List<String> texts = new ArrayList<>();
    for (String line : out.lines().toList()) {
      texts.add(new JsonMapper().readTree(line).path("text").asText());
    }
    assertEquals(List.of("Ça va", "日本", "\uD83D\uDE00", ""), texts);
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "none_XX.UTF-8", ""})
  void argumentsThatALocaleCannotReadAreRefused(String locale) throws Exception {
    String message = shell(locale, "jaubert predict --model $M good 'Ça va'").failure(2);
    assertTrue(
        message.matches("argument 5, Ça va: the locale's encoding is .*; set LC_ALL=C.UTF-8"),
        message);
    // What it can read is taken, and what comes from elsewhere is UTF-8.
    String out =
        shell(locale, "printf 'é\\n?\\n' | jaubert predict --json --model $M").succeeded().out();
    assertTrue(out.startsWith("{\"text\":\"é\","), out);
    assertEquals(2, out.lines().count());
    shell(locale, "jaubert predict --model $M '??'").succeeded();
  }

  @Test
  void argumentsThatAreNotUtf8AreRefused() throws Exception {
    for (String locale : List.of("C", "C.UTF-8")) {
      assertEquals(
          "argument 4: byte 0xE9 at offset 3 is not UTF-8",
          shell(locale, "jaubert predict --model $M $'caf\\xe9'").failure(2));
      assertEquals(
          "argument 3: byte 0xFF at offset 0 is not UTF-8",
          shell(locale, "jaubert predict --model $'\\xff' a").failure(2));
    }
  }

  @Test
  void theLauncherMakesTextsUtf8() throws Exception {
    // The line that does so, in what the scripts of a checkout read and in that of a package.
    for (String script : List.of("../../.mvn/environment.sh", "image/jaubert")) {
      List<String> lines =
          Files.readAllLines(Path.of(script)).stream()
              .filter(line -> line.contains("LC_ALL=C.UTF-8"))
              .toList();
      assertEquals(1, lines.size(), script);
      for (String locale : List.of("C", "POSIX", "", "none_XX.UTF-8", "C.UTF-8")) {
        String out =
            shell(
                    locale,
                    "set -eu\n" + lines.get(0) + "\njaubert predict --json --model $M 'Ça va'")
                .succeeded()
                .out();
        assertTrue(out.startsWith("{\"text\":\"Ça va\","), script + locale + out);
      }
    }
  }

  @Test
  void everyLineHasAnAnswerInItsPlace() throws Exception {
    String out =
        shell(
                "C",
                "printf '\\xef\\xbb\\xbfone\\rtwo\\r\\n\\nfour\\fa\\xe2\\x80\\xa8b\\n\\0\\nlast'"
                    + " | jaubert predict --json --model $M")
            .succeeded()
            .out();
    List<String> texts = new ArrayList<>();
    for (String line : out.split("\n")) {
      JsonNode answer = new JsonMapper().readTree(line);
      texts.add(answer.path("text").asText());
    }
    assertEquals(List.of("one", "two", "", "four\fa\u2028b", "\0", "last"), texts);
    Result bad = shell("C", "printf 'good\\ncaf\\xe9\\nbad\\n' | jaubert predict --model $M");
    assertEquals(
        "standard input:2: byte 0xE9 at offset 8 is not UTF-8; convert it, for example with iconv -t UTF-8",
        bad.failure(1));
    assertEquals(1, bad.out().lines().count()); // that of the line before
  }

  @Test
  void dataMayComeFromPipes() throws Exception {
    String options = " --format tsv --epochs 1 --model $M ";
    for (String line :
        List.of(
            "jaubert finetune --train <(cat train.tsv) --eval <(cat dev.tsv)" + options + "--out a",
            "cat train.tsv | jaubert finetune --train /dev/stdin --eval dev.tsv"
                + options
                + "--out b",
            "jaubert finetune --train train.tsv --eval /dev/fd/0"
                + options
                + "--out c < dev.tsv")) {
      String out = shell("C.UTF-8", line).succeeded().out();
      assertTrue(out.contains("300 examples to learn from, 40 to be judged by"), out);
    }
    assertEquals(
        "--train and --eval are the same pipe, which can be read only once",
        shell(
                "C",
                "cat train.tsv | jaubert finetune --train /dev/stdin --eval /dev/stdin" + options)
            .failure(2)
            .lines()
            .findFirst()
            .orElseThrow());
  }

  @Test
  void aFullDeviceIsAnError() throws Exception {
    String full = "standard output cannot be written: No space left on device";
    assertEquals(full, shell("C", "jaubert predict --model $M a > /dev/full").failure(1));
    assertEquals(
        full, shell("C", "printf 'a\\nb\\n' | jaubert predict --model $M > /dev/full").failure(1));
    Result run =
        shell("C", "jaubert finetune --train train.tsv --epochs 1 --model $M --out o > /dev/full");
    assertEquals(1, run.code());
    assertTrue(run.err().endsWith("jaubert: " + full + "\n"), run.err());
    assertEquals(
        "/dev/full: is a file, not a folder; choose a folder with --out",
        shell("C", "jaubert finetune --train train.tsv --model $M --out /dev/full").failure(1));
  }

  @Test
  void warningsNameOptions() throws Exception {
    Files.writeString(
        folder.resolve("odd.tsv"),
        "text\tlabel\n\"a \"\"b\"\"\"\t-\n\"c \"\"d\"\"\"\tx\ne\tX\nf\t-\n");
    Path err = folder.resolve("err");
    String line = "jaubert finetune --model $M --epochs 1 --train odd.tsv --out o ";
    String refused = shell("C", line).failure(1);
    assertTrue(
        refused.endsWith(
            "its head was trained for [x, y, z], which are not the labels [-, X, x];"
                + " for a new head on this encoder use --new-head"),
        refused);
    shell("C", line + "--new-head 2> " + err).succeeded();
    String said = Files.readString(err);
    assertTrue(said.contains("TSV is read without quoting, --format quoted_tsv with it"), said);
    assertTrue(said.contains("'X' (1) and 'x' (1); --map-label OLD=NEW makes them one"), said);
    assertTrue(
        said.contains(
            "2 of 4 examples have the label -, which often means none;"
                + " they are taken as a class of their own, --skip-label \"-\" leaves them out"),
        said);
    assertTrue(!said.matches("(?s).*\\w\\(.*"), said);
  }
}
