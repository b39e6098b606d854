package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.hub.CachedModel;
import io.github.jaubert.hub.Hub;
import io.github.jaubert.hub.HubSettings;
import java.io.PrintWriter;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the models of the Hub that are on this machine. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the models of Hugging Face's Hub that are on this machine, whoever fetched them, with"
          + " what they take of the disk. Opens no connection.",
      "They lie in the folder of HF_HUB_CACHE, or in hub in that of HF_HOME, or in"
          + " ~/.cache/huggingface/hub. To be rid of one, delete its folder."
    })
final class ModelsCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print a line of JSON for each.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    HubSettings settings = ModelOption.settings(spec.commandLine());
    List<CachedModel> models = Hub.of(settings).cached();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      models.forEach(model -> out.println(line(model)));
      return 0;
    }
    int width = models.stream().mapToInt(model -> model.repository().length()).max().orElse(0);
    long bytes = 0;
    for (CachedModel model : models) {
      bytes += model.bytes();
      out.printf(
          Locale.ROOT,
          "%-" + width + "s  %9.1f MB  %s  %s%n",
          model.repository(),
          model.bytes() / 1e6,
          LocalDate.ofInstant(model.modified(), ZoneId.systemDefault()),
          versions(model));
    }
    out.printf(
        Locale.ROOT,
        "%s, %.1f MB, in %s%n",
        Figures.counted(models.size(), "model"),
        bytes / 1e6,
        settings.cache());
    return 0;
  }

  private static String versions(CachedModel model) {
    String named = String.join(", ", model.revisions().keySet());
    long others =
        model.snapshots().stream()
            .filter(commit -> !model.revisions().containsValue(commit))
            .count();
    String all =
        others == 0
            ? named
            : named
                + (named.isEmpty() ? "" : " and ")
                + Figures.counted(Math.toIntExact(others), "older version");
    return model.complete() ? all : all + (all.isEmpty() ? "" : ", ") + "without weights";
  }

  private static ObjectNode line(CachedModel model) {
    ObjectNode line = new JsonMapper().createObjectNode();
    line.put("model", model.repository()).put("bytes", model.bytes());
    line.put("modified", model.modified().toString()).put("complete", model.complete());
    model.revisions().forEach(line.putObject("revisions")::put);
    model.snapshots().forEach(line.putArray("snapshots")::add);
    return line.put("folder", model.folder().toString());
  }
}
