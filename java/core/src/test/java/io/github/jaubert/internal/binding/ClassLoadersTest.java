package io.github.jaubert.internal.binding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library more than once in a process, as in web applications of one server. */
class ClassLoadersTest {
  @TempDir Path place;

  @BeforeEach
  void open() {
    System.setProperty("jaubert.natives", place.toString());
  }

  @AfterEach
  void close() {
    System.clearProperty("jaubert.natives");
  }

  static URLClassLoader loader() throws IOException {
    List<URL> urls = new ArrayList<>();
    String modules = System.getProperty("jdk.module.path", "");
    String classes = System.getProperty("java.class.path");
    for (String entry : (modules + File.pathSeparator + classes).split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private static void computes(ClassLoader loader) throws ReflectiveOperationException {
    Class<?> tensor = loader.loadClass("io.github.jaubert.tensor.Tensor");
    Object ones = tensor.getMethod("ones", long[].class).invoke(null, new long[] {2});
    Object sums = tensor.getMethod("add", tensor).invoke(ones, ones);
    assertArrayEquals(new float[] {2, 2}, (float[]) tensor.getMethod("toFloats").invoke(sums));
    tensor.getMethod("close").invoke(sums);
    tensor.getMethod("close").invoke(ones);
  }

  private void nothingIsLeftBehind() throws IOException {
    try (Stream<Path> all = Files.walk(place)) {
      assertEquals(List.of(), all.filter(path -> path.toString().contains("passing-")).toList());
    }
  }

  @Test
  void threeComputeAlsoAfterOneWasClosed() throws Exception {
    URLClassLoader first = loader();
    computes(first);
    try (URLClassLoader second = loader()) {
      computes(second);
      first.close();
      first = null;
      System.gc();
      try (URLClassLoader third = loader()) {
        computes(third);
        computes(second);
      }
    }
    nothingIsLeftBehind();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptedThreadLoads(boolean unpacked) throws Exception {
    if (unpacked) {
      computes(loader());
    }
    Thread.currentThread().interrupt();
    try {
      computes(loader());
    } finally {
      assertTrue(Thread.interrupted());
    }
    nothingIsLeftBehind();
  }

  @Test
  void fourComputeThatBeginAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(
            threads.submit(
                () -> {
                  computes(loader());
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      threads.shutdown();
    }
    nothingIsLeftBehind();
  }

  /** Four processes unpack to a new folder at once. */
  @Test
  void processesThatBeginAtOnceDoNotDisturbEachOther() throws Exception {
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(NativeLibraryTest.NameOfBlas.inAProcess("-Djaubert.natives=" + place).start());
    }
    for (Process process : all) {
      NativeLibraryTest.NameOfBlas.outputOf(process);
    }
    nothingIsLeftBehind();
  }
}
