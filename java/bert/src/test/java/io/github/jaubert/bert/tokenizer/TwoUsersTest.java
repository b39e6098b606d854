package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two users of one machine, neither with a home, the first of whom means ill. Only root can run
 * programs as others; where the tests are run by somebody else, {@link NativeTokenizersTest} has
 * the same by modes alone.
 */
class TwoUsersTest {
  private static final int FIRST = 65534;
  private static final int SECOND = 12345;

  @TempDir Path folder;
  private Path tmp;
  private Path model;
  private String classPath;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)
            && Files.isExecutable(Path.of("/usr/bin/setpriv")),
        "only root, with setpriv, runs programs as two users");
    folder = folder.toRealPath();
    Files.setAttribute(folder, "unix:mode", 0755);
    tmp = Files.createDirectory(folder.resolve("tmp"));
    Files.setAttribute(tmp, "unix:mode", 01777);
    model = Files.createDirectory(folder.resolve("model"));
    SmallVocabulary.write(model);
    classPath = copiedClassPath();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(file -> !file.equals(tmp))::iterator) {
        Files.setAttribute(file, "unix:mode", Files.isDirectory(file) ? 0755 : 0644);
      }
    }
  }

  /** The class path, out of folders of root. */
  private String copiedClassPath() throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path from = Path.of(entry);
      Path to = folder.resolve("lib" + copies.size()).resolve(from.getFileName());
      if (!Files.exists(from) || entry.contains("junit")) {
        continue;
      }
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : (Iterable<Path>) files::iterator) {
          Path copy = to.resolve(from.relativize(file).toString());
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy);
        }
      }
      copies.add(to.toString());
    }
    return String.join(File.pathSeparator, copies);
  }

  private String runAs(int user, String home) throws IOException, InterruptedException {
    List<String> become =
        List.of("/usr/bin/setpriv", "--reuid", "" + user, "--regid", "" + user, "--clear-groups");
    List<String> options = List.of("-Duser.home=" + home, "-Djava.io.tmpdir=" + tmp);
    return LibraryProbe.run(LibraryProbe.command(become, options, classPath, model));
  }

  @Test
  void bothWork() throws Exception {
    for (int user : List.of(FIRST, SECOND, SECOND)) {
      Path own = tmp.resolve("jaubert-natives-" + user);
      assertMapped(runAs(user, "?"), own.toString());
    }
  }

  /** What was mapped lies in a folder of that name, or of one that begins with it. */
  private void assertMapped(String output, String own) {
    NativeTokenizersTest.assertWell(output, tmp);
    assertTrue(output.lines().skip(1).allMatch(file -> file.startsWith(own)), output);
  }

  @Test
  void nothingOfTheFirstIsLoadedByTheSecond() throws Exception {
    NativeTokenizersTest.plant(tmp, "" + SECOND);
    Files.createSymbolicLink(
        tmp.resolve("jaubert-natives-%d-0".formatted(SECOND)),
        tmp.resolve("jaubert-natives-%d-1".formatted(SECOND)));
    try (Stream<Path> files = Files.walk(tmp)) {
      for (Path file : (Iterable<Path>) files.filter(file -> !file.equals(tmp))::iterator) {
        if (!Files.isSymbolicLink(file)) {
          Files.setAttribute(file, "unix:uid", FIRST);
        }
      }
    }
    String output = runAs(SECOND, "?");
    assertMapped(output, tmp + "/jaubert-natives-" + SECOND + "-");
    for (String file : output.lines().skip(1).toList()) {
      assertTrue(Files.getAttribute(Path.of(file), "unix:uid").equals(SECOND), output);
    }
    assertMapped(runAs(SECOND, "?"), tmp + "/jaubert-natives-" + SECOND + "-");
  }

  @Test
  void worksWithAHomeThatIsReadOnlyOrSomebodyElses() throws Exception {
    Path home = Files.createDirectory(folder.resolve("home"));
    Files.setAttribute(home, "unix:uid", SECOND);
    Files.setAttribute(home, "unix:mode", 0500);
    assertMapped(runAs(SECOND, home.toString()), tmp + "/jaubert-natives-" + SECOND);
    Files.setAttribute(home, "unix:uid", FIRST);
    Files.setAttribute(home, "unix:mode", 0777);
    assertMapped(runAs(SECOND, home.toString()), tmp + "/jaubert-natives-" + SECOND);
  }
}
