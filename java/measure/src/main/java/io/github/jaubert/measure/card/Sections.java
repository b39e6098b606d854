package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The texts of the parts of a card that a program can fill. */
final class Sections {
  private static final int MANY_LABELS = 12;
  private static final double IMBALANCED = 10;

  private final ModelFacts facts;
  private final CardDetails details;
  private final String license;

  /**
   * @param details what people said
   * @param license of the model, null if it is not given
   */
  Sections(ModelFacts facts, CardDetails details, String license) {
    this.facts = facts;
    this.details = details;
    this.license = license;
  }

  /** By their names, in order. */
  Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("summary", summary());
    all.put("details", modelDetails());
    all.put("use", use());
    all.put("data", data());
    all.put("training", training());
    all.put("evaluation", Evaluations.markdown(facts));
    all.put("bias", bias());
    all.put("limits", limits());
    all.put("environment", environment());
    return all;
  }

  private String summary() {
    String what =
        facts
            .pipelineTag()
            .map(tag -> "A model for " + tag.replace('-', ' '))
            .orElse("An encoder of texts");
    return what
        + facts.base().map(base -> ", made from " + Markdown.text(baseName(base))).orElse("")
        + (facts.isRun() ? ", with Jaubert " + facts.run().path("jaubert").asText() : "")
        + ".";
  }

  /** A name on the Hub, or the last part of a folder. */
  private String baseName(String base) {
    return facts.baseOnHub().orElseGet(() -> Evaluations.fileName(base));
  }

  private String modelDetails() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("Architecture", Markdown.text(facts.architecture())));
    rows.add(
        List.of(
            "Made from", facts.base().map(this::baseName).map(Markdown::text).orElse("not given")));
    rows.add(List.of("Made by", given(details.author())));
    rows.add(List.of("Licence", given(license)));
    rows.add(
        List.of(
            "Licence of the base model",
            facts.baseLicense().map(Markdown::text).orElse("not known")));
    rows.add(List.of("Licence of the training data", given(details.dataLicense())));
    rows.add(List.of("Languages", given(String.join(", ", details.languages()))));
    List<String> labels = facts.labels();
    if (!labels.isEmpty()) {
      String some =
          labels.stream().limit(MANY_LABELS).map(Markdown::text).collect(Collectors.joining(", "));
      rows.add(
          List.of(
              "Labels", labels.size() + ": " + some + (labels.size() > MANY_LABELS ? ", …" : "")));
    }
    StringBuilder out = new StringBuilder(Markdown.table(List.of("", ""), rows));
    List<String> conflicts = new ArrayList<>();
    conflicts.addAll(
        Licenses.conflicts(license, "the base model", facts.baseLicense().orElse(null)));
    conflicts.addAll(Licenses.conflicts(license, "the training data", details.dataLicense()));
    conflicts.forEach(
        one -> out.append("\n**Licences**: ").append(Markdown.text(one)).append('\n'));
    return out.toString();
  }

  private static String given(String text) {
    return text == null || text.isBlank() ? "not given" : Markdown.text(text);
  }

  private String use() {
    String name = facts.name();
    return "```sh\n./jaubert predict --model "
        + (name.matches("[\\w.-]+") ? name : "DIR")
        + " \"some text\"\n```\n\nThe folder has Hugging Face's format: "
        + facts.library()
        + " loads it, too.";
  }

  // ---- how it came about ----

  private String data() {
    if (!facts.isRun()) {
      return "Not known: the folder has no run.json.";
    }
    JsonNode run = facts.run();
    List<String> lines = new ArrayList<>();
    String train = run.path("train").asText("");
    lines.add(
        "- Trained on "
            + (train.isEmpty() ? "an unnamed data set" : Markdown.text(Evaluations.fileName(train)))
            + (run.path("train_examples").isNumber()
                ? String.format(Locale.ROOT, ", %,d examples", run.path("train_examples").asLong())
                : "")
            + ".");
    for (JsonNode understood : run.path("understood")) {
      lines.add("- Read as: " + Markdown.text(understood.asText()));
    }
    if (!details.datasets().isEmpty()) {
      lines.add("- On the Hub: " + Markdown.text(String.join(", ", details.datasets())));
    }
    JsonNode measured = run.path("data");
    if (measured.isArray() && !measured.isEmpty()) {
      measured.forEach(line -> lines.add("- " + Markdown.text(line.asText())));
    } else {
      lines.add("- Duplicates, leaks and personal data: not measured.");
    }
    return String.join("\n", lines);
  }

  private String training() {
    if (!facts.isRun()) {
      return "Not known: the folder has no run.json.";
    }
    JsonNode run = facts.run();
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "%,d steps in %s, %,.0f tokens a second, on %s. Java %s, %s.\n\n",
            run.path("steps").asLong(),
            Energy.duration(run.path("training_seconds").asDouble()),
            run.path("tokens_per_second").asDouble(),
            Markdown.text(facts.hardware()),
            Markdown.text(run.path("jdk").path("version").asText("?")),
            Markdown.text(run.path("system").path("name").asText("?"))));
    List<List<String>> rows = new ArrayList<>();
    run.path("settings")
        .properties()
        .forEach(
            entry ->
                rows.add(
                    List.of(
                        Markdown.code(entry.getKey()), Markdown.code(value(entry.getValue())))));
    out.append(Markdown.table(List.of("setting", "value"), rows));
    String command =
        StreamSupport.stream(run.path("command").spliterator(), false)
            .map(word -> word(word.asText()))
            .collect(Collectors.joining(" "));
    return out
        + "\nRepeat it, with paths of your own: "
        + Markdown.code("./jaubert " + command)
        + "; the same seed on the same kind of processor gives the same bits.";
  }

  private static String value(JsonNode node) {
    return node.isValueNode() ? node.asText() : node.toString();
  }

  /**
   * A word of a command: of an absolute path the last part alone, and quotes where a shell needs
   * them.
   */
  private static String word(String word) {
    int equals = word.startsWith("--") ? word.indexOf('=') + 1 : 0;
    String path = word.substring(equals);
    String shown =
        path.startsWith("/") || path.matches("[A-Za-z]:[\\\\/].*")
            ? word.substring(0, equals) + Evaluations.fileName(path)
            : word;
    return shown.matches("[\\w./:=,+@%-]+") ? shown : "'" + shown.replace("'", "'\\''") + "'";
  }

  // ---- what to mind ----

  private String bias() {
    if (facts.bias().isEmpty()) {
      return "Not measured; "
          + Markdown.code("./jaubert bias DIR --json DIR/bias.json")
          + " measures it, and `jaubert card DIR` then shows it here.";
    }
    return BiasSection.markdown(facts.bias());
  }

  private String limits() {
    List<String> lines = new ArrayList<>();
    JsonNode maxLength = facts.run().path("settings").path("max_length");
    if (maxLength.isInt()) {
      lines.add(
          "- Texts of more than %d tokens were cut in training.".formatted(maxLength.asInt()));
    }
    long smallest = Long.MAX_VALUE;
    long largest = 0;
    String least = "";
    for (Map.Entry<String, JsonNode> one :
        facts.run().path("classification_report").path("classes").properties()) {
      long support = one.getValue().path("support").asLong();
      largest = Math.max(largest, support);
      if (support < smallest) {
        smallest = support;
        least = one.getKey();
      }
    }
    if (largest > IMBALANCED * Math.max(smallest, 0.5) && smallest < Long.MAX_VALUE) {
      lines.add(
          String.format(
              Locale.ROOT,
              "- Classes are unequal: of %s the data to judge by have %,d examples, of the commonest %,d.",
              Markdown.text(least),
              smallest,
              largest));
    }
    if (details.languages().isEmpty()) {
      lines.add("- Which languages it is good for was not measured.");
    }
    lines.add("- Nothing was measured on data of another kind than those above.");
    return String.join("\n", lines);
  }

  private String environment() {
    Optional<Energy> energy = facts.energy();
    if (energy.isEmpty()) {
      return "Energy: not measured.";
    }
    return "- Energy: "
        + Markdown.text(energy.get().words())
        + ".\n- Emissions: "
        + Markdown.text(energy.get().emissions(details.gramsPerKilowattHour()))
        + ".\n- Of making the machine, cooling it, and earlier tries: not measured.";
  }
}
