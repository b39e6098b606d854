package io.github.jaubert.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The programs in README.md are, line by line, the marked parts of the examples in this package.
 */
class ReadmeTest {
  private static final Pattern SNIPPET =
      Pattern.compile("<!-- example: (\\w+) (\\w+) -->\\n```java\\n(.*?)```", Pattern.DOTALL);

  @Test
  void showsTheExamplesAsTheyAre() throws IOException {
    String readme = Files.readString(root().resolve("README.md"));
    Matcher snippets = SNIPPET.matcher(readme);
    int count = 0;
    while (snippets.find()) {
      count++;
      assertEquals(
          marked(snippets.group(1), snippets.group(2)), snippets.group(3), snippets.group(1));
    }
    assertTrue(count >= 5, "README.md shows " + count + " examples");
  }

  /** The lines of an example between its {@code README:} marks, moved to the left margin. */
  private static String marked(String example, String name) throws IOException {
    String source =
        Files.readString(
            root()
                .resolve(
                    "java/train/src/test/java/io/github/jaubert/examples/" + example + ".java"));
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
