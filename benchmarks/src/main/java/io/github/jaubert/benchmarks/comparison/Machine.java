package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where and from which sources a run was made. */
final class Machine {
  private static final List<String> INSTRUCTION_SETS =
      List.of("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16", "asimd");

  private Machine() {}

  /** Names and values, in the order in which a report shows them. */
  static Map<String, String> describe(int threads) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", processor());
    facts.put("cores", Runtime.getRuntime().availableProcessors() + ", threads used: " + threads);
    facts.put("memory", memory());
    facts.put(
        "system",
        "%s %s, %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
    facts.put(
        "JDK",
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    facts.put("load before the run", first(read(Path.of("/proc/loadavg"))));
    return facts;
  }

  private static String processor() {
    String info = read(Path.of("/proc/cpuinfo"));
    List<String> flags = List.of(field(info, "flags").split(" "));
    List<String> found = INSTRUCTION_SETS.stream().filter(flags::contains).toList();
    String model = field(info, "model name");
    String name = model.isEmpty() ? System.getProperty("os.arch") : model;
    return found.isEmpty() ? name : name + " (" + String.join(", ", found) + ")";
  }

  private static String memory() {
    String kilobytes = first(field(read(Path.of("/proc/meminfo")), "MemTotal"));
    return kilobytes.isEmpty()
        ? "unknown"
        : "%.1f GiB".formatted(Long.parseLong(kilobytes) / (1024.0 * 1024));
  }

  private static String field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }

  private static String first(String text) {
    return text.strip().split(" ")[0];
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
