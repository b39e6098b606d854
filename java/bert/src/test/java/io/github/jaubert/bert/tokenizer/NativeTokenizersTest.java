package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.TestFiles;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the libraries of the tokenizer and of the kernels come from. */
class NativeTokenizersTest {
  /** Where DJL unpacks to, and does not look whose files it finds. */
  static final String DJL = ".djl.ai/tokenizers/0.21.0-0.38.0-cpu-linux-x86_64/libtokenizers.so";

  @TempDir Path folder;
  private Path model;
  private Path tmp;

  @BeforeEach
  void open() throws IOException {
    folder = folder.toRealPath();
    model = Files.createDirectory(folder.resolve("model"));
    tmp = Files.createDirectory(folder.resolve("tmp"));
    SmallVocabulary.write(model);
  }

  private String run(String... options) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("-Djava.io.tmpdir=" + tmp);
    return LibraryProbe.run(
        LibraryProbe.command(List.of(), all, System.getProperty("java.class.path"), model));
  }

  /** All is well, with three libraries from a folder of ours in this one. */
  static void assertWell(String output, Path place) {
    List<String> lines = output.lines().toList();
    assertEquals(LibraryProbe.WELL, lines.get(0), output);
    assertEquals(4, lines.size(), output);
    for (String file : lines.subList(1, 4)) {
      assertTrue(file.startsWith(place + "/jaubert-natives-"), output);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "/nonexistent", "/dev/null"})
  void worksWithoutAHome(String home) throws Exception {
    assertWell(run("-Duser.home=" + home), tmp);
  }

  @Test
  void worksWithAHomeThatCannotBeWritten() throws Exception {
    Path home = Files.createDirectory(folder.resolve("home"));
    Files.createFile(home.resolve(".cache"));
    assertWell(run("-Duser.home=" + home), tmp);
  }

  @Test
  void takesNothingThatLiesInTheTemporaryFolder() throws Exception {
    Files.setAttribute(tmp, "unix:mode", 01777);
    plant(tmp, Files.getAttribute(tmp, "unix:uid").toString());
    assertWell(run("-Duser.home=?"), tmp);
    assertWell(run("-Duser.home=?"), tmp);
  }

  /** Files that are no libraries, wherever one was once looked for, in folders open to all. */
  static void plant(Path tmp, String user) throws IOException {
    String binding = "/io/github/jaubert/internal/binding/linux-x86_64/";
    String name = System.getProperty("user.name");
    List<String> paths = new ArrayList<>(List.of(DJL));
    for (String library : List.of("libjaubert_cpu.so", "libjnijaubert.so", "libtokenizers.so")) {
      for (String cache : List.of(".javacpp-" + name + "/cache/", ".javacpp-?/cache/")) {
        paths.add(cache + "jaubert-core-0.1.0-SNAPSHOT-linux-x86_64.jar" + binding + library);
        paths.add(cache + "linux-x86_64/" + library);
      }
      paths.add("jaubert-natives-" + user + "/libjaubert_cpu-00000000/" + library);
      paths.add("jaubert-natives-" + user + "-1/libtokenizers-00000000/" + library);
    }
    for (String path : paths) {
      Path file = tmp.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "not a library");
      for (Path part = file; !part.equals(tmp); part = part.getParent()) {
        Files.setAttribute(part, "unix:mode", 0777);
      }
    }
  }

  @Test
  void saysWhatIsWrongWithTheOnlyFolderThereIs() throws Exception {
    Files.setAttribute(tmp, "unix:mode", 0777);
    String words = run("-Duser.home=?");
    assertTrue(words.startsWith("the tokenizer's native library could not be loaded: no"), words);
    assertTrue(words.contains(tmp + ": others may write there: " + tmp + " belongs to"), words);
    assertTrue(words.contains("has mode 777"), words);
    assertTrue(
        words.endsWith(
            "-Djaubert.natives=FOLDER or JAUBERT_NATIVES=FOLDER names another" + " place\n"),
        words);
    Path other = folder.resolve("other");
    assertWell(run("-Duser.home=?", "-Djaubert.natives=" + other), other);
  }

  /** A program that has a model's tokenizer files, but makes no tokenizer of them. */
  static final class FilesOnly {
    public static void main(String[] arguments) {
      System.out.println(TokenizerFiles.read(Path.of(arguments[0])).files().keySet());
    }
  }

  @Test
  void readingFilesNeedsNoLibrary() throws Exception {
    String token = "{\"37\": {\"content\": \"[E1]\", \"rstrip\": true}}";
    TestFiles.write(
        model.resolve("tokenizer_config.json"), "{\"added_tokens_decoder\": " + token + "}");
    String output =
        LibraryProbe.run(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-DRUST_LIBRARY_PATH=" + tmp.resolve("none.so"),
                "-cp",
                System.getProperty("java.class.path"),
                FilesOnly.class.getName(),
                model.toString()));
    assertEquals("[tokenizer_config.json, vocab.txt, tokenizer.json]\n", output);
  }

  @Test
  void refusesANamedLibraryThatOthersMayExchange() throws Exception {
    Path library = Files.createFile(tmp.resolve("libtokenizers.so"));
    Files.setAttribute(library, "unix:mode", 0666);
    for (Path named : List.of(library, tmp)) { // DJL takes a folder, too
      String words = run("-DRUST_LIBRARY_PATH=" + named);
      assertTrue(words.contains("others may exchange it: " + library + " belongs to user"), words);
    }
  }

  @Test
  void refusesACacheOfJavaCppThatOthersMayWriteTo() throws Exception {
    Path cache = Files.createDirectory(folder.resolve("cache"));
    Files.setAttribute(cache, "unix:mode", 0777);
    String words = run("-Duser.home=?", "-Dorg.bytedeco.javacpp.cachedir=" + cache);
    assertTrue(words.contains("JavaCPP's cache is " + cache + ", where others may write"), words);
    Files.setAttribute(cache, "unix:mode", 0755);
    assertWell(run("-Duser.home=?", "-Dorg.bytedeco.javacpp.cachedir=" + cache), tmp);
  }

  /** As web applications of one server, in a thread that has the server's class loader. */
  @Test
  void worksInThreeClassLoadersAlsoAfterOneWasClosed() throws Exception {
    System.setProperty("jaubert.natives", tmp.toString());
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      for (int i = 0; i < 2; i++) {
        try (URLClassLoader loader = loader()) {
          assertEquals("[[CLS], the, fox, [SEP]]", tokens(loader));
        }
        System.gc();
      }
      try (URLClassLoader loader = loader();
          URLClassLoader other = loader()) {
        assertEquals("[[CLS], the, fox, [SEP]]", tokens(loader));
        assertEquals("[[CLS], the, fox, [SEP]]", tokens(other));
        assertEquals("[[CLS], the, fox, [SEP]]", tokens(loader));
      }
    } finally {
      Thread.currentThread().setContextClassLoader(context);
      System.clearProperty("jaubert.natives");
    }
  }

  private static URLClassLoader loader() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private String tokens(ClassLoader loader) throws ReflectiveOperationException {
    Class<?> tensor = loader.loadClass("io.github.jaubert.tensor.Tensor");
    Object ones = tensor.getMethod("ones", long[].class).invoke(null, new long[] {2});
    tensor.getMethod("close").invoke(ones);
    Class<?> type = loader.loadClass("io.github.jaubert.bert.tokenizer.Tokenizer");
    Object tokenizer = type.getMethod("fromPretrained", Path.class).invoke(null, model);
    try {
      return type.getMethod("encode", String.class).invoke(tokenizer, "the fox").toString();
    } finally {
      type.getMethod("close").invoke(tokenizer);
    }
  }
}
