package io.github.jaubert.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The programs in README.md and docs are, line by line, the marked parts of the examples. */
class ReadmeTest {
  private static final Pattern SNIPPET =
      Pattern.compile("<!-- example: (\\w+) (\\w+) -->\\n```java\\n(.*?)```", Pattern.DOTALL);

  private static final Pattern LINK = Pattern.compile("\\[[^\\]]+\\]\\((?!https?:)([^)#]+)");

  @Test
  void showsTheExamplesAsTheyAre() throws IOException {
    int count = 0;
    for (Path page : pages()) {
      Matcher snippets = SNIPPET.matcher(Files.readString(page));
      while (snippets.find()) {
        count++;
        assertEquals(
            marked(snippets.group(1), snippets.group(2)), snippets.group(3), snippets.group(1));
      }
    }
    assertTrue(count >= 5, "README.md and docs show " + count + " examples");
  }

  /** No link leads to a file that is not there. */
  @Test
  void linksLeadToFiles() throws IOException {
    for (Path page : pages()) {
      Matcher links = LINK.matcher(Files.readString(page));
      while (links.find()) {
        Path target = page.resolveSibling(links.group(1));
        assertTrue(Files.exists(target), page + " links to " + links.group(1));
      }
    }
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(root().resolve("README.md")));
    pages.add(root().resolve("CONTRIBUTING.md"));
    try (Stream<Path> docs = Files.list(root().resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  /** The lines of an example between its {@code README:} marks, moved to the left margin. */
  private static String marked(String example, String name) throws IOException {
    String source =
        Files.readString(
            root()
                .resolve(
                    "java/examples/src/main/java/io/github/jaubert/examples/" + example + ".java"));
    Matcher part =
        Pattern.compile("// README: " + name + "\\n(.*?) *// README: end", Pattern.DOTALL)
            .matcher(source);
    assertTrue(part.find(), example + " has no part " + name);
    return part.group(1).stripTrailing().stripIndent() + "\n";
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
    }
    return folder;
  }
}
