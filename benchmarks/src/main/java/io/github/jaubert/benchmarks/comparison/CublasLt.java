package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * cuBLASLt as a peer: the program {@code benchmarks/peers/cublaslt}, compiled with the headers and
 * libraries of a CUDA toolkit or of Python's packages, of one version.
 */
final class CublasLt {
  /** How it is called in reports. */
  static final String WHO = "cuBLASLt";

  /** Prints the folders of NVIDIA's packages that a Python has. */
  private static final String PACKAGES =
      "import glob, sys; [print(f) for p in sys.path for f in sorted(glob.glob(p + '/nvidia/*'))]";

  private static final List<String> HEADERS =
      List.of("cublasLt.h", "cuda_runtime_api.h", "crt/host_defines.h");
  private static final List<String> INCLUDE = List.of("include", "targets/x86_64-linux/include");
  private static final List<String> LIBRARY =
      List.of("lib64", "lib", "targets/x86_64-linux/lib", "lib/x86_64-linux-gnu");
  private static final Pattern MAJOR = Pattern.compile("#define\\s+CUBLAS_VER_MAJOR\\s+(\\d+)");

  private final ProgramRunner runner;
  private final Path root;
  private final Map<String, String> environment;

  /**
   * Looks in a file system.
   *
   * @param root of the file system
   */
  CublasLt(ProgramRunner runner, Path root, Map<String, String> environment) {
    this.runner = runner;
    this.root = root;
    this.environment = environment;
  }

  /**
   * Compiles the program.
   *
   * @param source its file
   * @param python whose packages may have cuBLAS, if there is one
   * @param output the executable to write
   * @throws ProgramFailure if something that is needed is not here, or the compiler fails
   */
  Program compile(Path source, Optional<Program> python, Path output) throws ProgramFailure {
    if (!Files.isRegularFile(source)) {
      throw new ProgramFailure("there is no " + source);
    }
    String compiler = compiler();
    List<Path> toolkits = toolkits(python);
    List<Path> headers = new ArrayList<>();
    for (String header : HEADERS) {
      headers.add(first(toolkits, INCLUDE, header));
    }
    String major = major(headers.get(0).resolveSibling("cublas_api.h"));
    List<Path> libraries =
        List.of(
            first(toolkits, LIBRARY, "libcublasLt.so." + major),
            first(toolkits, LIBRARY, "libcudart.so." + major));

    List<String> command = new ArrayList<>(List.of(compiler, "-std=c++17", "-O2"));
    Set<String> folders = new LinkedHashSet<>();
    for (int i = 0; i < HEADERS.size(); i++) {
      Path folder = headers.get(i);
      for (int up = Path.of(HEADERS.get(i)).getNameCount(); up > 0; up--) {
        folder = folder.getParent();
      }
      folders.add("-I" + folder);
    }
    command.addAll(folders);
    command.addAll(List.of(source.toString(), "-o", output.toString()));
    for (Path library : libraries) {
      command.add(library.toString());
      command.add("-Wl,-rpath," + library.getParent());
    }
    runner.output(new Program(WHO, command));
    return new Program(WHO, List.of(output.toString()));
  }

  private String compiler() throws ProgramFailure {
    String wanted = environment.getOrDefault("CXX", "");
    List<String> names = wanted.isEmpty() ? List.of("c++", "g++", "clang++") : List.of(wanted);
    for (String name : names) {
      if (name.contains("/") ? Files.isExecutable(Path.of(name)) : !onPath(name).isEmpty()) {
        return name;
      }
    }
    throw new ProgramFailure("no C++ compiler: " + String.join(", ", names));
  }

  private List<Path> onPath(String command) {
    List<Path> found = new ArrayList<>();
    for (String folder : environment.getOrDefault("PATH", "").split(":")) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, command))) {
        found.add(Path.of(folder, command));
      }
    }
    return found;
  }

  /** Where a toolkit, or a part of one, may be: the first counts. */
  private List<Path> toolkits(Optional<Program> python) {
    Set<Path> folders = new LinkedHashSet<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      if (!environment.getOrDefault(variable, "").isEmpty()) {
        folders.add(Path.of(environment.get(variable)));
      }
    }
    python.ifPresent(interpreter -> folders.addAll(packages(interpreter)));
    for (Path nvcc : onPath("nvcc")) {
      folders.add(real(nvcc).resolve("../..").normalize());
    }
    folders.add(root.resolve("usr/local/cuda"));
    folders.addAll(versions(root.resolve("usr/local")));
    folders.add(root.resolve("opt/cuda"));
    folders.add(root.resolve("usr"));
    return folders.stream().filter(Files::isDirectory).toList();
  }

  private List<Path> packages(Program python) {
    try {
      return runner.output(python.with("-c", PACKAGES)).lines().map(Path::of).toList();
    } catch (ProgramFailure e) {
      return List.of(); // then they are looked for elsewhere
    }
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file;
    }
  }

  /** The folders {@code cuda-*}, the newest first. */
  private static List<Path> versions(Path folder) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "cuda-*")) {
        entries.forEach(found::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    found.sort(Comparator.reverseOrder());
    return found;
  }

  private static Path first(List<Path> toolkits, List<String> parts, String file)
      throws ProgramFailure {
    for (Path toolkit : toolkits) {
      for (String part : parts) {
        Path found = toolkit.resolve(part).resolve(file);
        if (Files.isRegularFile(found)) {
          return found;
        }
      }
    }
    throw new ProgramFailure("no " + file + " in " + toolkits);
  }

  /** The version in whose name the libraries are. */
  private static String major(Path header) throws ProgramFailure {
    try {
      Matcher matcher = MAJOR.matcher(Files.readString(header));
      if (matcher.find()) {
        return matcher.group(1);
      }
      throw new ProgramFailure(header + " has no CUBLAS_VER_MAJOR");
    } catch (IOException e) {
      throw new ProgramFailure("there is no " + header);
    }
  }
}
