package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A package of the command stands on those named before it, and on no other. */
class CommandPackagesTest {
  private static final Path SOURCES = Path.of("src/main/java/io/github/jaubert/cli");
  private static final Pattern NAME =
      Pattern.compile("\\bio\\.github\\.jaubert\\.cli\\.((?:[a-z]+\\.)*)[A-Z]");

  /** The commands themselves are last, and have no name here. */
  private static final List<String> ORDER =
      List.of(
          "console",
          "report",
          "options",
          "predict",
          "finetune",
          "pretrain",
          "evaluate",
          "repeat",
          "glue",
          "measure",
          "");

  @Test
  void packagesStandOnThoseBelowThem() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    TreeSet<String> wrong = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        String own = SOURCES.relativize(file.getParent()).toString();
        found.add(own);
        Matcher names = NAME.matcher(Files.readString(file));
        while (names.find()) {
          String other = names.group(1).replaceAll("\\.$", "");
          if (ORDER.indexOf(other) > ORDER.indexOf(own)) {
            wrong.add(file.getFileName() + " names " + other);
          }
        }
      }
    }
    assertEquals(new TreeSet<>(ORDER), found);
    assertEquals(new TreeSet<>(), wrong);
  }
}
