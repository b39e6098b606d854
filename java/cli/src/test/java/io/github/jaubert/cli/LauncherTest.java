package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts of a checkout, beside jars that are empty and a Java that prints its arguments. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {
  private static final Path SOURCES = Path.of("../..");
  private static final List<String> SCRIPTS =
      List.of("jaubert", "mvnw", "java/class-path", ".mvn/environment.sh");

  @TempDir Path folder;
  private Path checkout;
  private Path jdk;

  record Result(int code, String out, String err) {}

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = Files.createDirectories(folder.resolve("mein Ordner ü"));
    for (String script : SCRIPTS) {
      Files.createDirectories(checkout.resolve(script).getParent());
      Files.copy(SOURCES.resolve(script), checkout.resolve(script));
    }
    for (String source :
        List.of("pom.xml", "native", "kernels", "cmake", "java/cli/pom.xml", "java/cli/src/main")) {
      Files.createDirectories(checkout.resolve(source));
    }
    for (String jar : List.of("java/cli/target/cli.jar", "java/core/target/core.jar")) {
      Files.createDirectories(checkout.resolve(jar).getParent());
      Files.createFile(checkout.resolve(jar));
    }
    Path other = Files.createFile(folder.resolve("other.jar"));
    Files.writeString(
        checkout.resolve("java/cli/target/classpath"),
        "java/cli/target/cli.jar:java/core/target/core.jar:" + other);
    jdk = folder.resolve("ein JDK");
    program(jdk.resolve("bin/java"), "printf '%s\\n' \"$@\"");
    program(jdk.resolve("bin/javac"), "");
    release(jdk, "17.0.15");
  }

  private static void program(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void release(Path home, String version) throws IOException {
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  private Result run(Path script, Path javaHome, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(script.toString()));
    words.addAll(List.of(arguments));
    Path out = folder.resolve("stdout");
    Path err = folder.resolve("stderr");
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.directory(folder.toFile());
    builder.environment().keySet().removeAll(List.of("LC_ALL", "LC_CTYPE", "LANG"));
    builder.environment().put("JAVA_HOME", javaHome.toString());
    int code = builder.start().waitFor();
    return new Result(code, Files.readString(out), Files.readString(err));
  }

  /** What the class path of the command is in that checkout. */
  private String classPath(Path root) throws Exception {
    Result result = run(root.resolve("jaubert"), jdk, "doctor");
    assertEquals(0, result.code(), result.err());
    assertEquals("", result.err());
    List<String> words = result.out().lines().toList();
    assertEquals("-Djaubert.command=" + root.resolve("jaubert"), words.get(1));
    assertEquals(List.of("io.github.jaubert.cli.Main", "doctor"), words.subList(4, 6));
    return words.get(3);
  }

  @Test
  void aCopiedCheckoutRunsItsOwnJars() throws Exception {
    Path copy = folder.resolve("copy");
    Process process = new ProcessBuilder("cp", "-a", checkout.toString(), copy.toString()).start();
    assertEquals(0, process.waitFor());
    for (Path root : List.of(checkout, copy)) {
      assertEquals(
          root.resolve("java/cli/target/cli.jar")
              + (":" + root.resolve("java/core/target/core.jar"))
              + (":" + folder.resolve("other.jar")),
          classPath(root));
    }
    // It is not built by the jars of the other.
    Files.delete(copy.resolve("java/core/target/core.jar"));
    program(copy.resolve("mvnw"), "echo builds >&2; exit 3");
    assertTrue(run(copy.resolve("jaubert"), jdk, "doctor").err().endsWith("\nbuilds\n"));
  }

  @Test
  void aFolderMayHaveABackslash() throws Exception {
    Path odd = Files.move(checkout, folder.resolve("a\\tb\\"));
    assertTrue(classPath(odd).startsWith(odd.resolve("java/cli/target/cli.jar") + ":"));
  }

  @Test
  void aModuleThatIsNotBuiltHasNoClassPath() throws Exception {
    Result result = run(checkout.resolve("java/class-path"), jdk, "java/core");
    String expected =
        "java/class-path: there is no %s\nOnly java/cli and benchmarks have one, once they are built:"
            .formatted(checkout.resolve("java/core/target/classpath"));
    assertTrue(result.err().startsWith(expected), result.err());
    assertEquals("", result.out());
    assertEquals(1, result.code());
  }

  @ParameterizedTest
  @CsvSource({
    "nowhere, jaubert, is no folder",
    "nowhere, mvnw, is no folder",
    "empty, jaubert, has no bin/java",
    "empty, mvnw, has no bin/java",
    "old, jaubert, is Java 11",
    "old, mvnw, is Java 11",
    "older, jaubert, is Java 8",
    "older, mvnw, is Java 8",
    "silent, jaubert, is Java 16",
    "jre, mvnw, 'has no bin/javac, so it is no JDK'",
  })
  void aJavaHomeThatWillNotDoIsNamed(String name, String script, String what) throws Exception {
    Files.createDirectories(folder.resolve("empty"));
    for (String home : List.of("old", "older", "silent", "jre")) {
      program(folder.resolve(home + "/bin/java"), "echo 'openjdk version \"16.0.1\" 2021' >&2");
      if (!home.equals("jre")) {
        program(folder.resolve(home + "/bin/javac"), "");
      }
    }
    release(folder.resolve("old"), "11.0.2");
    release(folder.resolve("older"), "1.8.0_402");
    release(folder.resolve("jre"), "21");
    Path home = folder.resolve(name);
    Result result = run(checkout.resolve(script), home, "doctor");
    assertEquals(1, result.code());
    assertEquals("", result.out());
    assertEquals(
        "%s: JAVA_HOME is %s, which %s.\n".formatted(script, home, what)
            + "Set it to the folder of a JDK, 17 or newer; or unset it, then the java on the PATH"
            + " is used.\n",
        result.err());
  }

  @Test
  void whatIsBuiltNeedsNoCompiler() throws Exception {
    Files.delete(jdk.resolve("bin/javac"));
    classPath(checkout);
    Files.delete(checkout.resolve("java/cli/target/classpath"));
    Result result = run(checkout.resolve("jaubert"), jdk, "doctor");
    assertEquals(1, result.code());
    assertTrue(
        result.err().startsWith("jaubert: JAVA_HOME is " + jdk + ", which has no bin/javac, so"),
        result.err());
  }
}
