package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a run was made. */
final class Machine {
  private static final List<String> INSTRUCTION_SETS =
      List.of("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16", "asimd");

  private Machine() {}

  /** Names and values, in the order in which a report shows them. */
  static Map<String, String> describe(int threads) {
    List<String> flags = List.of(field("/proc/cpuinfo", "flags", "").split(" "));
    String sets =
        INSTRUCTION_SETS.stream().filter(flags::contains).collect(Collectors.joining(", "));
    String model = field("/proc/cpuinfo", "model name", System.getProperty("os.arch"));
    String kilobytes = field("/proc/meminfo", "MemTotal", "").replace(" kB", "");
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", sets.isEmpty() ? model : model + " (" + sets + ")");
    facts.put("cores", Runtime.getRuntime().availableProcessors() + ", threads used: " + threads);
    facts.put("memory", kilobytes.isEmpty() ? "unknown" : gibibytes(Long.parseLong(kilobytes)));
    facts.put("system", properties("%s %s, %s", "os.name", "os.version", "os.arch"));
    facts.put("JDK", properties("%s %s", "java.vm.name", "java.runtime.version"));
    facts.put("load before the run", read("/proc/loadavg").split(" ")[0]);
    return facts;
  }

  private static String gibibytes(long kilobytes) {
    return "%.1f GiB".formatted(kilobytes / (1024.0 * 1024));
  }

  private static String properties(String format, String... names) {
    return format.formatted(Stream.of(names).map(System::getProperty).toArray());
  }

  /** The value of the first line {@code name : value}. */
  private static String field(String file, String name, String otherwise) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse(otherwise);
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }
}
