package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The commit of the sources, and its date. */
record Commit(String hash, String date) {
  /** Of the checkout, or what a packaged folder says of itself; unknown where there is neither. */
  static Commit of(Path root, ProgramRunner runner) {
    Path packaged = root.resolve("commit");
    try {
      if (Files.exists(packaged)) {
        String[] words = Files.readString(packaged).strip().split(" ");
        return new Commit(words[0], words[1]);
      }
      String[] lines =
          runner.output(git(root, "log", "-1", "--format=%h%n%cs")).strip().split("\n");
      boolean changed = !runner.output(git(root, "status", "--porcelain")).isBlank();
      return new Commit(lines[0] + (changed ? "+" : ""), lines[1]);
    } catch (ProgramFailure | IOException e) {
      return new Commit("unknown", "undated");
    }
  }

  private static Program git(Path root, String... arguments) {
    return new Program("git", List.of("git", "-C", root.toString())).with(arguments);
  }

  /** As a folder of results is called. */
  String folder(String kind) {
    return kind + "-" + date + "-" + hash;
  }
}
