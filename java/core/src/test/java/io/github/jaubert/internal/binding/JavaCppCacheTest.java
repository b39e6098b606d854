package io.github.jaubert.internal.binding;

import static io.github.jaubert.internal.binding.FileOwnersTest.withMode;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JavaCPP chooses its cache once, so every test has one of its own, in a class loader. */
class JavaCppCacheTest {
  private static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  @TempDir Path folder;
  private URLClassLoader loader;

  @BeforeEach
  void open() throws IOException {
    folder = folder.toRealPath();
    System.setProperty("jaubert.natives", folder.resolve("place").toString());
    loader = ClassLoadersTest.loader();
  }

  @AfterEach
  void close() throws IOException {
    System.clearProperty("jaubert.natives");
    System.clearProperty(PROPERTY);
    loader.close();
  }

  private void load() throws Throwable {
    try {
      Class<?> library = loader.loadClass(NativeLibrary.class.getName());
      library.getMethod("load").invoke(null);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private Path cache() throws ReflectiveOperationException {
    Method method = loader.loadClass("org.bytedeco.javacpp.Loader").getMethod("getCacheDir");
    return Path.of(method.invoke(null).toString());
  }

  @Test
  void isInOurFolderWhereTheProgramSaysNothing() throws Throwable {
    load();
    assertTrue(cache().startsWith(folder.resolve("place")), cache().toString());
    assertEquals(null, System.getProperty(PROPERTY));
  }

  @Test
  void isWhereTheProgramSaysIfOthersCannotWriteThere() throws Throwable {
    Path chosen = withMode(Files.createDirectory(folder.resolve("chosen")), 0755);
    System.setProperty(PROPERTY, chosen.toString());
    load();
    assertEquals(chosen, cache());
    assertEquals(chosen.toString(), System.getProperty(PROPERTY));
  }

  @Test
  void isRefusedIfOthersMayWriteToAFileInIt() throws Throwable {
    Path chosen = withMode(Files.createDirectory(folder.resolve("chosen")), 0755);
    Path file = withMode(Files.createFile(chosen.resolve("libjnicublas.so")), 0666);
    System.setProperty(PROPERTY, chosen.toString());
    cache(); // as where the program has used JavaCPP before
    System.clearProperty(PROPERTY);
    String words = assertThrows(UnsatisfiedLinkError.class, this::load).getMessage();
    assertTrue(words.contains("JavaCPP's cache is " + chosen), words);
    assertTrue(words.contains(file + " belongs to user "), words);
    assertTrue(words.endsWith("-Dorg.bytedeco.javacpp.cachedir=FOLDER names another"), words);
  }

  @Test
  void isRefusedIfItCannotBeChecked() throws Throwable {
    assumeTrue(FileOwners.current().user() != 0, "root looks into every folder");
    Path chosen = Files.createDirectory(folder.resolve("chosen"), PrivateFolder.ONLY_MINE);
    Path closed = withMode(Files.createDirectory(chosen.resolve("closed")), 0);
    System.setProperty(PROPERTY, chosen.toString());
    try {
      String words = assertThrows(UnsatisfiedLinkError.class, this::load).getMessage();
      assertTrue(
          words.endsWith(
              "JavaCPP's cache is %s, which cannot be checked: %s: permission denied. -D%s=FOLDER names another"
                  .formatted(chosen, closed, PROPERTY)),
          words);
    } finally {
      withMode(closed, 0700);
    }
  }

  /** The kernels come from our folder, whatever JavaCPP's holds. */
  @Test
  void holdsNoKernelsButLinks() throws Throwable {
    load();
    try (Stream<Path> all = Files.walk(cache())) {
      List<Path> libraries = all.filter(file -> file.toString().endsWith(".so")).toList();
      assertTrue(libraries.stream().allMatch(Files::isSymbolicLink), libraries.toString());
    }
  }
}
