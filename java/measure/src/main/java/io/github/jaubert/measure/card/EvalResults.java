package io.github.jaubert.measure.card;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The result on a benchmark in the form that the Hub shows on its tables (<a
 * href="https://github.com/huggingface/hub-docs/blob/main/eval_results.yaml">its fields</a>). It is
 * written if somebody said which benchmark the data to judge by are, which no program knows.
 */
final class EvalResults {
  static final String FILE = ".eval_results/jaubert.yaml";

  private EvalResults() {}

  /**
   * Writes the metric that the run went by, or takes an earlier file away if there is none.
   *
   * @param benchmark {@code owner/name:task}; null for none
   */
  static void write(ModelFacts facts, String benchmark) {
    Path file = facts.folder().resolve(FILE);
    Map.Entry<String, Double> metric =
        Evaluations.of(facts).entrySet().stream()
            .filter(one -> !one.getKey().equals("loss"))
            .findFirst()
            .orElse(null);
    if (benchmark == null || metric == null) {
      if (Files.exists(file)) {
        AtomicFile.delete(file);
      }
      return;
    }
    int colon = benchmark.indexOf(':');
    Map<String, Object> dataset = new LinkedHashMap<>();
    dataset.put("id", benchmark.substring(0, colon));
    dataset.put("task_id", benchmark.substring(colon + 1));
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("dataset", dataset);
    entry.put("value", metric.getValue());
    entry.put("notes", metric.getKey() + ", by Jaubert " + facts.run().path("jaubert").asText("?"));
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
    DumpSettings settings = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
    AtomicFile.write(
        file, new Dump(settings).dumpToString(List.of(entry)).getBytes(StandardCharsets.UTF_8));
  }
}
