package io.github.jaubert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which package stands on which: binding, engine, ops, and on these what a user sees. {@code
 * tensor} has the values that all share and is the façade of the engine: those two alone know each
 * other.
 */
class PackageOrderTest {
  private static final Path SOURCES = Path.of("src/main/java/io/github/jaubert");
  private static final Pattern IMPORT =
      Pattern.compile(
          "^import (?:static )?io\\.github\\.jaubert\\.([a-z.]+)\\.[A-Z]", Pattern.MULTILINE);

  private static final Map<String, Set<String>> ALLOWED =
      Map.of(
          "internal.binding", Set.of(),
          "internal.device", Set.of("tensor"),
          "internal.engine", Set.of("internal.binding", "internal.device", "tensor"),
          "internal.ops", Set.of("internal.binding", "internal.engine", "tensor"),
          "tensor",
              Set.of("internal.binding", "internal.device", "internal.engine", "internal.ops"),
          "autograd", Set.of("internal.engine", "tensor"),
          "nn", Set.of("internal.engine", "internal.ops", "tensor"),
          "optim", Set.of("internal.binding", "internal.engine", "internal.ops", "nn", "tensor"));

  @Test
  void packagesStandOnThoseBelowThem() throws IOException {
    Map<String, Set<String>> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        String own = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
        Matcher imports = IMPORT.matcher(Files.readString(file));
        while (imports.find()) {
          if (!imports.group(1).equals(own)) {
            found.computeIfAbsent(own, name -> new TreeSet<>()).add(imports.group(1));
          }
        }
      }
    }
    assertTrue(found.size() >= 7, found.keySet().toString());
    found.forEach(
        (name, used) -> {
          Set<String> wrong = new TreeSet<>(used);
          wrong.removeAll(ALLOWED.getOrDefault(name, Set.of()));
          assertEquals(Set.of(), wrong, name + " stands on packages above it");
        });
  }
}
