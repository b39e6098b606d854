package io.github.jaubert.measure.card;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The card of a model, {@code README.md} in its folder: YAML that the Hub reads, and the sections
 * of Mitchell et al. 2019, "Model Cards for Model Reporting", filled with what the folder tells of
 * the run. What nobody measured or gave says so.
 *
 * <p>A card that is there keeps all that people wrote: only the parts between this class's marks,
 * and what the YAML says of measurements, are written anew.
 */
public final class ModelCard {
  /** The name of the file. */
  public static final String FILE = "README.md";

  private static final String NOT_GIVEN = "Not given.";
  private static final String INTENDED = "Intended use";
  private static final String OUT_OF_SCOPE = "Out-of-scope use";

  /** Of our own, in the YAML: what a later card needs that has no key on the Hub. */
  static final String OWN = "jaubert";

  private ModelCard() {}

  /**
   * Writes the card of a model, with the bill of its materials, {@link BillOfMaterials#FILE}, and
   * its result on a benchmark of the Hub, if one was named.
   *
   * @param folder of the model, as a run leaves it
   * @param given what no program knows; it goes before what an earlier card says
   * @return the card
   * @throws CheckpointException if the folder holds no model, an earlier card cannot be read, or
   *     the card cannot be written
   */
  public static Path write(Path folder, CardDetails given) {
    Objects.requireNonNull(given, "given");
    ModelFacts facts = ModelFacts.read(folder);
    Path file = folder.resolve(FILE);
    FrontMatter.Card before =
        Files.exists(file)
            ? ModelFacts.card(file)
            : new FrontMatter.Card(new LinkedHashMap<>(), "");
    CardDetails details = with(given, before.data());
    Map<String, Object> data = FrontMatter.merge(before.data(), data(facts, details));
    replaceGiven(data, given);
    String license = data.get("license") == null ? null : String.valueOf(data.get("license"));
    String body = body(before.body(), facts, details, license);
    AtomicFile.write(
        file, (FrontMatter.format(data) + "\n" + body).getBytes(StandardCharsets.UTF_8));
    BillOfMaterials.write(facts, details, license, said(body, INTENDED));
    EvalResults.write(facts, details.benchmark());
    return file;
  }

  // ---- what people said, now and earlier ----

  private static CardDetails with(CardDetails given, Map<String, Object> before) {
    Map<?, ?> own = before.get(OWN) instanceof Map<?, ?> map ? map : Map.of();
    return new CardDetails(
        or(given.license(), before.get("license")),
        or(given.dataLicense(), own.get("data_license")),
        given.languages().isEmpty() ? texts(before.get("language")) : given.languages(),
        given.datasets().isEmpty() ? texts(before.get("datasets")) : given.datasets(),
        or(given.benchmark(), own.get("benchmark")),
        or(given.author(), own.get("author")),
        given.intendedUse(),
        given.outOfScopeUse(),
        Double.isNaN(given.gramsPerKilowattHour())
                && own.get("co2_grams_per_kwh") instanceof Number grams
            ? grams.doubleValue()
            : given.gramsPerKilowattHour());
  }

  private static String or(String given, Object before) {
    return given != null ? given : before == null ? null : String.valueOf(before);
  }

  private static List<String> texts(Object value) {
    return FrontMatter.list(value).stream().map(String::valueOf).toList();
  }

  /** What is given now goes before what the YAML says. */
  private static void replaceGiven(Map<String, Object> data, CardDetails given) {
    if (given.license() != null) {
      data.put("license", given.license());
    }
    if (!given.languages().isEmpty()) {
      data.put("language", given.languages());
    }
    if (!given.datasets().isEmpty()) {
      data.put("datasets", given.datasets());
    }
  }

  // ---- YAML ----

  private static Map<String, Object> data(ModelFacts facts, CardDetails details) {
    Map<String, Object> data = new LinkedHashMap<>();
    put(data, "license", or(details.license(), facts.baseLicense().orElse(null)));
    put(data, "language", details.languages());
    data.put("library_name", facts.library());
    put(data, "pipeline_tag", facts.pipelineTag().orElse(null));
    data.put("tags", new ArrayList<>(List.of("jaubert")));
    facts
        .baseOnHub()
        .ifPresent(
            base -> {
              data.put("base_model", base);
              data.put(
                  "base_model_relation", facts.library().equals("peft") ? "adapter" : "finetune");
            });
    put(data, "datasets", details.datasets());
    Map<String, Double> values = Evaluations.of(facts);
    put(
        data,
        "metrics",
        values.keySet().stream()
            .filter(name -> !name.equals("loss"))
            .map(Evaluations::onTheHub)
            .distinct()
            .toList());
    if (!values.isEmpty() && facts.pipelineTag().isPresent()) {
      data.put("model-index", List.of(index(facts, details, values)));
    }
    facts
        .energy()
        .ifPresent(
            energy ->
                data.put(
                    "co2_eq_emissions",
                    ordered(
                        "emissions",
                        Double.parseDouble(
                            Energy.significant(energy.grams(details.gramsPerKilowattHour()))
                                .replace(",", "")),
                        "source",
                        "Jaubert: "
                            + energy.words()
                            + "; "
                            + energy.emissions(details.gramsPerKilowattHour()),
                        "training_type",
                        facts.run().has("before") ? "pre-training" : "fine-tuning",
                        "hardware_used",
                        facts.hardware())));
    Map<String, Object> own = new LinkedHashMap<>();
    put(own, "author", details.author());
    put(own, "benchmark", details.benchmark());
    put(own, "data_license", details.dataLicense());
    if (!Double.isNaN(details.gramsPerKilowattHour())) {
      own.put("co2_grams_per_kwh", details.gramsPerKilowattHour());
    }
    if (!own.isEmpty()) {
      data.put(OWN, own);
    }
    return data;
  }

  private static void put(Map<String, Object> to, String key, Object value) {
    if (value != null && !(value instanceof List<?> list && list.isEmpty())) {
      to.put(key, value);
    }
  }

  private static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }

  private static Map<String, Object> index(
      ModelFacts facts, CardDetails details, Map<String, Double> values) {
    String tag = facts.pipelineTag().orElseThrow();
    String file = Evaluations.fileName(facts.run().path("eval").asText("held-out data"));
    List<Object> metrics = new ArrayList<>();
    values.forEach(
        (name, value) ->
            metrics.add(ordered("type", Evaluations.onTheHub(name), "name", name, "value", value)));
    Map<String, Object> dataset =
        ordered(
            "name", file, "type", details.datasets().isEmpty() ? file : details.datasets().get(0));
    return ordered(
        "name",
        facts.name(),
        "results",
        List.of(
            ordered(
                "task",
                ordered("type", tag, "name", tag.replace('-', ' ')),
                "dataset",
                dataset,
                "metrics",
                metrics)));
  }

  // ---- text ----

  private static String body(String before, ModelFacts facts, CardDetails details, String license) {
    Map<String, String> blocks = new Sections(facts, details, license).all();
    String text =
        Blocks.anyIn(before, blocks)
            ? Blocks.replace(before, blocks)
            : (before.isBlank()
                    ? "# " + Markdown.text(facts.name()) + "\n\n"
                    : before.strip() + "\n\n")
                + sections(blocks);
    text = answer(text, INTENDED, details.intendedUse());
    text = answer(text, OUT_OF_SCOPE, details.outOfScopeUse());
    return text.strip() + "\n";
  }

  private static String sections(Map<String, String> blocks) {
    StringBuilder out = new StringBuilder();
    out.append(Blocks.of("summary", blocks.get("summary")));
    out.append(heading(INTENDED)).append(NOT_GIVEN).append('\n');
    out.append(heading(OUT_OF_SCOPE)).append(NOT_GIVEN).append('\n');
    Map<String, String> titles = new LinkedHashMap<>();
    titles.put("details", "Model details");
    titles.put("use", "How to use it");
    titles.put("data", "Training data");
    titles.put("training", "Training procedure");
    titles.put("evaluation", "Evaluation");
    titles.put("bias", "Ethical considerations");
    titles.put("limits", "Caveats and recommendations");
    titles.put("environment", "Environmental impact");
    titles.forEach(
        (name, title) -> out.append(heading(title)).append(Blocks.of(name, blocks.get(name))));
    return out.toString();
  }

  private static String heading(String title) {
    return "\n## " + title + "\n\n";
  }

  /** Puts a text below a heading, in place of what stands there. */
  private static String answer(String body, String title, String text) {
    if (text == null) {
      return body;
    }
    Matcher section = section(body, title);
    String written = "## " + title + "\n\n" + text.strip() + "\n\n";
    return section.find()
        ? section.replaceFirst(Matcher.quoteReplacement(written))
        : body.stripTrailing() + "\n\n" + written;
  }

  private static Matcher section(String body, String title) {
    return Pattern.compile(
            "(?ms)^## " + Pattern.quote(title) + "\\s*$(.*?)(?=^## |^<!-- jaubert |\\z)")
        .matcher(body);
  }

  /** What somebody wrote below a heading. */
  private static Optional<String> said(String body, String title) {
    Matcher section = section(body, title);
    return section.find()
        ? Optional.of(section.group(1).strip())
            .filter(text -> !text.isEmpty() && !text.equals(NOT_GIVEN))
        : Optional.empty();
  }
}
