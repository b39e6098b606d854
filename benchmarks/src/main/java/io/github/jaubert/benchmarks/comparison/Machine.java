package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a run was made. */
final class Machine {
  private static final List<String> INSTRUCTION_SETS =
      List.of("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16", "asimd");

  private Machine() {}

  /** Names and values, in the order in which a report shows them. */
  static Map<String, String> describe(int threads) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", processor());
    facts.put("cores", Runtime.getRuntime().availableProcessors() + ", threads used: " + threads);
    String kilobytes = field("/proc/meminfo", "MemTotal").replace(" kB", "");
    facts.put(
        "memory",
        kilobytes.isEmpty()
            ? "unknown"
            : "%.1f GiB".formatted(Long.parseLong(kilobytes) / (1024.0 * 1024)));
    facts.put("system", "%s %s, %s".formatted(of("os.name"), of("os.version"), of("os.arch")));
    facts.put("JDK", of("java.vm.name") + " " + of("java.runtime.version"));
    facts.put("load before the run", read("/proc/loadavg").split(" ")[0]);
    return facts;
  }

  private static String of(String property) {
    return System.getProperty(property);
  }

  private static String processor() {
    List<String> flags = List.of(field("/proc/cpuinfo", "flags").split(" "));
    List<String> found = INSTRUCTION_SETS.stream().filter(flags::contains).toList();
    String model = field("/proc/cpuinfo", "model name");
    String name = model.isEmpty() ? of("os.arch") : model;
    return found.isEmpty() ? name : name + " (" + String.join(", ", found) + ")";
  }

  /** The value of the first line {@code name : value}. */
  private static String field(String file, String name) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }
}
