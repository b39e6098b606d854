package io.github.jaubert.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.cuda.presets.cublas;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * The libraries of CUDA that come from the machine, all for cuBLAS: libjaubert_cuda has its own
 * CUDA runtime inside.
 *
 * @param libraries those that were found of those that are needed, in the order of loading
 * @param missing the names of the others
 * @param others cuBLAS of other versions
 * @param searched the folders that exist and were looked at
 */
record Toolkit(List<Path> libraries, List<String> missing, List<Path> others, List<Path> searched) {
  /**
   * The version of CUDA whose cuBLAS JavaCPP's presets are bound to, as these say: 13, or 12 where
   * the build was given others.
   */
  static final int MAJOR =
      Stream.of(cublas.class.getAnnotation(Properties.class).value())
          .flatMap(platform -> Stream.of(platform.link()))
          .filter(library -> library.startsWith("cublas@."))
          .mapToInt(library -> Integer.parseInt(library.substring("cublas@.".length())))
          .findFirst()
          .orElseThrow();

  private static final String CUBLAS = "libcublas.so." + MAJOR;

  /** Each needs those before it: JavaCPP's presets need the runtime. */
  private static final List<String> NEEDED =
      List.of("libcudart.so." + MAJOR, "libcublasLt.so." + MAJOR, CUBLAS);

  /** Where a package of pip has its libraries, under the lib folder of an environment. */
  private static final String PIP = "python3*/%s-packages/nvidia/*/lib";

  /** Copies the lists. */
  Toolkit {
    libraries = List.copyOf(libraries);
    missing = List.copyOf(missing);
    others = List.copyOf(others);
    searched = List.copyOf(searched);
  }

  /** Looks for the libraries in folders, of which the first counts. */
  static Toolkit find(List<Path> folders) {
    List<Path> others = new ArrayList<>();
    for (Path folder : folders) {
      expand(folder, "libcublas.so.[0-9]*").stream()
          .filter(file -> !file.getFileName().toString().startsWith(CUBLAS))
          .forEach(others::add);
    }
    List<Path> libraries = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String name : NEEDED) {
      Path library = first(folders, name);
      if (library == null) {
        missing.add(name);
      } else {
        libraries.add(library);
      }
    }
    return new Toolkit(libraries, missing, others, folders);
  }

  private static Path first(List<Path> folders, String name) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(null);
  }

  /** cuBLAS itself, where nothing is missing. */
  Path cublas() {
    return libraries.get(libraries.size() - 1);
  }

  /** All that was found, of whatever version. */
  List<Path> found() {
    return Stream.concat(libraries.stream(), others.stream()).toList();
  }

  /**
   * The folders that exist of those where the libraries may be, in this order: those that the
   * environment names, toolkits, packages of pip, and the system's own.
   *
   * @param root of the file system
   */
  static List<Path> folders(Path root, Map<String, String> environment) {
    Set<Path> folders = new LinkedHashSet<>();
    for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
      if (!folder.isEmpty()) {
        folders.add(Path.of(folder));
      }
    }
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      if (environment.get(variable) != null) {
        addToolkit(folders, Path.of(environment.get(variable)));
      }
    }
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      if (environment.get(variable) != null) {
        addPython(folders, Path.of(environment.get(variable), "lib"));
      }
    }
    for (String commands : environment.getOrDefault("PATH", "").split(":")) {
      Path parent = commands.isEmpty() ? null : Path.of(commands).getParent();
      if (parent != null) {
        folders.addAll(expand(parent.resolve("lib"), PIP.formatted("site")));
      }
    }
    addToolkit(folders, root.resolve("usr/local/cuda"));
    expand(root, "usr/local/cuda-*").stream()
        .sorted(Comparator.reverseOrder())
        .forEach(toolkit -> addToolkit(folders, toolkit));
    addToolkit(folders, root.resolve("opt/cuda"));
    if (environment.get("HOME") != null) {
      addPython(folders, Path.of(environment.get("HOME"), ".local/lib"));
    }
    addPython(folders, root.resolve("usr/local/lib"));
    addPython(folders, root.resolve("usr/lib"));
    folders.add(root.resolve("usr/lib/x86_64-linux-gnu"));
    folders.add(root.resolve("usr/lib64"));
    return folders.stream().filter(Files::isDirectory).toList();
  }

  private static void addToolkit(Set<Path> folders, Path toolkit) {
    folders.add(toolkit.resolve("lib64"));
    folders.add(toolkit.resolve("targets/x86_64-linux/lib"));
  }

  private static void addPython(Set<Path> folders, Path lib) {
    folders.add(lib);
    folders.addAll(expand(lib, PIP.formatted("site")));
    folders.addAll(expand(lib, PIP.formatted("dist")));
  }

  /** The paths under a folder that a pattern such as {@code cuda-*}{@code /lib} names. */
  private static List<Path> expand(Path folder, String pattern) {
    int slash = pattern.indexOf('/');
    String name = slash < 0 ? pattern : pattern.substring(0, slash);
    List<Path> matches = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return matches;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, name)) {
      for (Path entry : entries) {
        if (slash < 0) {
          matches.add(entry);
        } else {
          matches.addAll(expand(entry, pattern.substring(slash + 1)));
        }
      }
    } catch (IOException | UncheckedIOException | DirectoryIteratorException e) {
      return List.of(); // a folder that may not be read has nothing for us
    }
    matches.sort(Comparator.naturalOrder());
    return matches;
  }
}
