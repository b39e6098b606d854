package io.github.jaubert;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
 * Which package stands on which: binding and device, memory, tape, graph, ops, and on these what a
 * user sees. {@code tensor} is the façade, and also has the types that a tensor of the tape
 * implements and that operations take: shapes, element types, the interface itself.
 */
class PackageOrderTest {
  private static final Path SOURCES = Path.of("src/main/java/io/github/jaubert");
  private static final Pattern NOT_CODE =
      Pattern.compile("\"[^\"\n]*\"|/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);
  private static final Pattern NAME =
      Pattern.compile("\\bio\\.github\\.jaubert\\.([a-z.]+)\\.[A-Z]");

  /** What each package knows, all of it, so that an entry goes when its use does. */
  private static final Map<String, Set<String>> KNOWN =
      Map.of(
          "internal.memory",
          Set.of("internal.binding", "internal.device"),
          "internal.tape",
          Set.of("internal.binding", "internal.memory", "tensor"),
          "internal.graph",
          Set.of("internal.binding", "internal.device", "internal.memory", "internal.tape"),
          "internal.ops",
          Set.of("internal.binding", "internal.memory", "internal.tape", "tensor"),
          "tensor",
          Set.of(
              "internal.binding",
              "internal.device",
              "internal.memory",
              "internal.tape",
              "internal.graph",
              "internal.ops"),
          "autograd",
          Set.of("internal.memory", "internal.tape", "internal.graph", "tensor"),
          "nn",
          Set.of("internal.memory", "internal.tape", "internal.ops", "tensor"),
          "optim",
          Set.of(
              "internal.binding",
              "internal.memory",
              "internal.tape",
              "internal.graph",
              "internal.ops",
              "nn",
              "tensor"));

  @Test
  void packagesStandOnThoseBelowThem() throws IOException {
    Map<String, Set<String>> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        String own = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
        String code = NOT_CODE.matcher(Files.readString(file)).replaceAll("");
        Matcher names = NAME.matcher(code);
        while (names.find()) {
          if (!names.group(1).equals(own)) {
            found.computeIfAbsent(own, name -> new TreeSet<>()).add(names.group(1));
          }
        }
      }
    }
    Map<String, Set<String>> known = new TreeMap<>();
    KNOWN.forEach((name, others) -> known.put(name, new TreeSet<>(others)));
    assertEquals(known, found);
  }

  @Test
  void withoutTheFacadeThereIsNoCircle() {
    Map<String, Set<String>> left = new TreeMap<>();
    KNOWN.forEach((name, others) -> left.put(name, new TreeSet<>(others)));
    left.remove("tensor");
    boolean removed = true;
    while (removed) {
      Set<String> waiting = Set.copyOf(left.keySet());
      removed = left.values().removeIf(others -> others.stream().noneMatch(waiting::contains));
    }
    assertEquals(Map.of(), left);
  }

  @Test
  void onlyTheTapeAndOperationsKnowTheFacadeFromBelow() {
    Set<String> fromBelow = new TreeSet<>(KNOWN.get("tensor"));
    fromBelow.removeIf(name -> !KNOWN.getOrDefault(name, Set.of()).contains("tensor"));
    assertEquals(Set.of("internal.ops", "internal.tape"), fromBelow);
  }
}
