package io.github.jaubert.cli.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a figure depends on besides the program: JDK, system, processor and memory. */
public final class Machine {
  private static final List<String> INTERESTING =
      List.of("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16");

  private Machine() {}

  /** Adds what is known; the rest is null. */
  public static void describe(ObjectNode facts) {
    facts
        .putObject("jdk")
        .put("name", System.getProperty("java.vm.name"))
        .put("version", Runtime.version().toString())
        .put("home", System.getProperty("java.home"));
    facts
        .putObject("system")
        .put("name", System.getProperty("os.name"))
        .put("version", System.getProperty("os.version"))
        .put("arch", System.getProperty("os.arch"));
    processor(facts.putObject("processor"));
    memory(facts.putObject("memory"));
  }

  private static void processor(ObjectNode processor) {
    String info = read(Path.of("/proc/cpuinfo"));
    String model = field(info, "model name");
    List<String> flags = List.of(field(info, "flags").split(" "));
    processor.put("model", model.isEmpty() ? null : model);
    processor.put("cores", Runtime.getRuntime().availableProcessors());
    ArrayNode features = processor.putArray("features");
    INTERESTING.stream().filter(flags::contains).forEach(features::add);
  }

  private static void memory(ObjectNode memory) {
    String info = read(Path.of("/proc/meminfo"));
    memory.put("total_mib", mebibytes(field(info, "MemTotal")));
    memory.put("available_mib", mebibytes(field(info, "MemAvailable")));
    memory.put("heap_mib", Runtime.getRuntime().maxMemory() >> 20);
  }

  /** As the kernel writes it: {@code 24606020 kB}; null if it does not. */
  private static Long mebibytes(String kilobytes) {
    return kilobytes.endsWith(" kB") ? Long.parseLong(kilobytes.replace(" kB", "")) / 1024 : null;
  }

  /** The value of the first line {@code name : value}. */
  public static String field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
