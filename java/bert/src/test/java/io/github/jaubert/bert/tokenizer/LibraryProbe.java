package io.github.jaubert.bert.tokenizer;

import io.github.jaubert.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A program of its own that uses the kernels and the tokenizer, and says which files they are. */
final class LibraryProbe {
  /** What it prints first if all is well. */
  static final String WELL = "[[CLS], the, fox, [SEP]] 6.0";

  private LibraryProbe() {}

  public static void main(String[] arguments) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(Path.of(arguments[0]));
        Tensor ones = Tensor.ones(2, 3);
        Tensor sum = ones.sum()) {
      System.out.println(tokenizer.encode("the fox") + " " + sum.item());
    } catch (LinkageError e) {
      System.out.println(e.getMessage());
    }
    try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
      mappings
          .filter(mapping -> mapping.matches(".*/lib[^/]*(jaubert|tokenizers)[^/]*"))
          .map(mapping -> mapping.substring(mapping.indexOf('/')))
          .distinct()
          .forEach(System.out::println);
    }
  }

  /** The command that runs it; what comes before "java" and behind it is the caller's. */
  static List<String> command(
      List<String> before, List<String> options, String classPath, Path model) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, LibraryProbe.class.getName(), model.toString()));
    return command;
  }

  static String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"));
    builder.environment().keySet().removeAll(List.of("XDG_CACHE_HOME", "JAUBERT_NATIVES"));
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
