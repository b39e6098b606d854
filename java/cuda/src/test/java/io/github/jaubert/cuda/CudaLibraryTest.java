package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaLibraryTest {
  @TempDir Path place;

  @AfterEach
  void close() {
    System.clearProperty("jaubert.natives");
  }

  /** The bindings of all class loaders call the one that the process has. */
  @Test
  void aSecondClassLoaderLoadsNoSecondLibrary() throws Exception {
    assumeTrue(CudaLibrary.hasKernels() && !CudaLibrary.isEmulated(), "there are no kernels");
    System.setProperty("jaubert.natives", place.toString());
    try (URLClassLoader first = loader();
        URLClassLoader second = loader()) {
      load(first);
      List<String> libraries = libraries();
      assertEquals(1, libraries.size(), libraries::toString);
      load(second);
      assertEquals(libraries, libraries());
    }
  }

  private static URLClassLoader loader() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private static void load(ClassLoader loader) throws ReflectiveOperationException {
    Method load = loader.loadClass(CudaLibrary.class.getName()).getDeclaredMethod("load");
    load.setAccessible(true);
    load.invoke(null);
  }

  /** Those from our place that the process has loaded. */
  private List<String> libraries() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(mapping -> mapping.contains("/libjaubert_cuda.so"))
        .map(mapping -> mapping.substring(mapping.indexOf('/')))
        .filter(file -> file.startsWith(place.toString()))
        .distinct()
        .toList();
  }
}
