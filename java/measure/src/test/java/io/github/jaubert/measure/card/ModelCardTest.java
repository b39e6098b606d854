package io.github.jaubert.measure.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Cards of a small model: what they say, what of them stays, and what others read in them. */
class ModelCardTest {
  private static final CardDetails GIVEN =
      new CardDetails(
          "mit",
          "cc-by-nc-4.0",
          List.of("en"),
          List.of("acme/letters"),
          "acme/letters-test:sorting",
          "Ada",
          "Sorting letters.",
          null,
          100);

  @TempDir Path temporary;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = temporary.resolve("letters");
    BertConfig config = BertConfig.bertBase().withVocabSize(11).withEncoder(4, 1, 2, 8);
    try (SequenceClassifier model =
        SequenceClassifier.of(config, Labels.of("bill | <b>", "letter"))) {
      model.save(folder);
    }
    Path base = temporary.resolve("base");
    Files.createDirectories(base);
    Files.writeString(base.resolve("README.md"), "---\nlicense: cc-by-sa-4.0\n---\nA base.\n");
    Files.writeString(temporary.resolve("train.tsv"), "text\tlabel\na\tletter\n");
    writeRun(run(base));
  }

  private ObjectNode run(Path base) {
    ObjectNode run = JsonFiles.object();
    run.put("jaubert", "0.1.0");
    run.putArray("command")
        .add("finetune")
        .add("--train")
        .add(temporary + "/train.tsv")
        .add("it's");
    run.put("device", "cpu (avx2)");
    run.putObject("jdk").put("version", "17.0.15");
    run.putObject("system").put("name", "Linux");
    run.putObject("processor").put("model", "A *fast* one").put("cores", 2);
    run.put("model", base.toString());
    run.put("train", temporary + "/train.tsv").put("train_examples", 1000);
    run.put("eval", temporary + "/gone.tsv").put("eval_examples", 200);
    ObjectNode classes = run.putObject("classification_report").putObject("classes");
    figures(classes.putObject("bill | <b>"), 6);
    figures(classes.putObject("letter"), 194);
    run.putObject("settings").put("learning_rate", 1e-4).put("max_length", 128).put("seed", 7);
    run.putArray("data").add("3 labels: a | b 50.0 %.");
    run.put("steps", 224).put("training_seconds", 3600.0).put("tokens_per_second", 5389.5);
    run.putObject("power").put("watts", 50).put("source", "estimate");
    run.putObject("evaluation").put("loss", 0.5).put("accuracy", 0.9).put("macro_f1", Double.NaN);
    return run;
  }

  private static void figures(ObjectNode to, int support) {
    to.put("precision", 0.5).put("recall", 0.5).put("f1", 0.5).put("support", support);
  }

  private void writeRun(ObjectNode run) throws IOException {
    Files.write(folder.resolve("run.json"), JsonFiles.format(run));
  }

  private String card() throws IOException {
    return Files.readString(folder.resolve("README.md"));
  }

  private Map<String, Object> yaml() throws IOException {
    return FrontMatter.parse("README.md", card()).data();
  }

  private static void assertHas(String text, String part) {
    assertTrue(text.contains(part), "no " + part + " in\n" + text);
  }

  @Test
  void aRunFillsTheSections() throws IOException {
    ModelCard.write(folder, CardDetails.none());
    String card = card();
    assertHas(card, "# letters\n");
    assertHas(card, "| Architecture | bert, 1 layers of 4,");
    assertHas(card, "2: bill \\| \\<b\\>, letter");
    assertHas(card, "- Trained on train.tsv, 1,000 examples.");
    assertHas(card, "- 3 labels: a \\| b 50.0 %.\n");
    assertHas(card, "| accuracy | 0.9000 | 0.851 to 0.934 |"); // as statsmodels has it
    assertHas(card, "| bill \\| \\<b\\> | 0.5000 | 0.5000 | 0.188 to 0.812 | 0.5000 | 6 |");
    assertHas(card, "A \\*fast\\* one, 2 processors");
    assertHas(card, "finetune --train train.tsv 'it'\\''s'");
    assertHas(card, "Texts of more than 128 tokens were cut");
    assertHas(card, "the data to judge by have 6 examples, of the commonest 194");
    assertHas(card, "0.050 kWh (50 W for 60 min 00 s): an estimate");
    assertHas(card, "22 g of CO2 at 445 g/kWh");
    assertHas(card, "## Intended use\n\nNot given.\n");
    assertHas(card, "Not measured; `./jaubert bias");
    assertFalse(card.contains(temporary.toString()), "where files lie is told");
    Map<String, Object> yaml = yaml();
    assertEquals("cc-by-sa-4.0", yaml.get("license")); // of the base model
    assertEquals("text-classification", yaml.get("pipeline_tag"));
    assertEquals("transformers", yaml.get("library_name"));
    assertEquals(List.of("accuracy"), yaml.get("metrics"));
    assertEquals(22.0, ((Map<?, ?>) yaml.get("co2_eq_emissions")).get("emissions"));
    Map<?, ?> result =
        (Map<?, ?>)
            FrontMatter.list(
                    ((Map<?, ?>) FrontMatter.list(yaml.get("model-index")).get(0)).get("results"))
                .get(0);
    assertEquals("text-classification", ((Map<?, ?>) result.get("task")).get("type"));
    assertEquals("gone.tsv", ((Map<?, ?>) result.get("dataset")).get("type"));
    assertEquals(2, FrontMatter.list(result.get("metrics")).size()); // NaN is no figure
  }

  @Test
  void whatPeopleSayIsKeptAndMeasurementsAreWrittenAnew() throws IOException {
    ModelCard.write(folder, GIVEN);
    assertHas(card(), "Sorting letters.");
    assertHas(card(), "the training data is under cc-by-nc-4.0, the model under mit");
    assertHas(card(), "it asks for the same licence");
    String written =
        card()
            .replace("tags:\n- jaubert\n", "tags:\n- jaubert\n- post\nwidget:\n- text: Dear Sir\n")
            .replace("# letters\n", "# Letters of all kinds\n\nBy hand.\n")
            .replace("Sorting letters.", "Sorting letters, and nothing else.");
    Files.writeString(folder.resolve("README.md"), written);
    ObjectNode run = run(temporary.resolve("base"));
    run.withObject("evaluation").put("accuracy", 0.95);
    writeRun(run);

    ModelCard.write(folder, CardDetails.none());
    String card = card();
    assertHas(card, "# Letters of all kinds\n\nBy hand.\n");
    assertHas(card, "Sorting letters, and nothing else.");
    assertHas(card, "| accuracy | 0.9500 |");
    assertFalse(card.contains("| accuracy | 0.9000 |"));
    assertHas(card, "| Made by | Ada |");
    assertHas(card, "5.0 g of CO2 at 100 g/kWh, as given");
    Map<String, Object> yaml = yaml();
    assertEquals("mit", yaml.get("license"));
    assertEquals(List.of("jaubert", "post"), yaml.get("tags"));
    assertHas(card, "- text: Dear Sir");
    ModelCard.write(folder, CardDetails.none());
    assertEquals(card, card(), "writing it again changes something");
  }

  @Test
  void aCardThatSomebodyWroteGetsTheSectionsBelow() throws IOException {
    Files.writeString(
        folder.resolve("README.md"), "\uFEFF---\nlicense: mit\n---\n\n# Mine\n\nText.\n");
    ModelCard.write(folder, CardDetails.none());
    assertTrue(card().startsWith("---\nlicense: mit\n"), card());
    assertHas(card(), "# Mine\n\nText.\n\n<!-- jaubert summary -->\n");
  }

  @Test
  void partsThatSomebodyTookOutStayOut() throws IOException {
    ModelCard.write(folder, CardDetails.none());
    String less = card().replaceAll("(?s)## Environmental impact.*", "");
    Files.writeString(folder.resolve("README.md"), less);
    ModelCard.write(folder, CardDetails.none());
    assertFalse(card().contains("kWh):"), card());
  }

  @Test
  void theBillIsValid() throws Exception {
    ModelCard.write(folder, GIVEN);
    Path bill = folder.resolve(BillOfMaterials.FILE);
    assertEquals(List.of(), new JsonParser().validate(bill.toFile(), Version.VERSION_16));
    JsonNode json = JsonFiles.readObject(bill);
    JsonNode model = json.path("metadata").path("component");
    assertEquals("MIT", model.path("licenses").path(0).path("license").path("id").asText());
    assertEquals("Ada", model.path("authors").path(0).path("name").asText());
    String found = json.path("components").toString();
    assertHas(found, "\"name\":\"model.safetensors\"");
    assertHas(found, "\"bom-ref\":\"training-data\",\"name\":\"train.tsv\"");
    assertHas(found, "\"alg\":\"SHA-256\"");
    byte[] first = Files.readAllBytes(bill);
    ModelCard.write(folder, CardDetails.none());
    assertEquals(new String(first), new String(Files.readAllBytes(bill)));
  }

  /** The fields of the Hub's eval_results.yaml. */
  @Test
  void theResultOnABenchmarkIsOnFile() throws IOException {
    Path file = folder.resolve(EvalResults.FILE);
    ModelCard.write(folder, CardDetails.none());
    assertFalse(Files.exists(file));
    ModelCard.write(folder, GIVEN);
    String written = Files.readString(file);
    Object read = new Load(LoadSettings.builder().build()).loadFromString(written);
    Map<String, Object> dataset = Map.of("id", "acme/letters-test", "task_id", "sorting");
    assertEquals(
        List.of(Map.of("dataset", dataset, "value", 0.9, "notes", "accuracy, by Jaubert 0.1.0")),
        read);
    ModelCard.write(folder, CardDetails.none()); // it is remembered
    assertEquals(written, Files.readString(file));
    Files.delete(folder.resolve("run.json"));
    ModelCard.write(folder, CardDetails.none());
    assertFalse(Files.exists(file), "nothing was measured");
  }

  @Test
  void whatWasMeasuredOfBiasStandsThere() throws IOException {
    ObjectNode bias = JsonFiles.object();
    ObjectNode one = bias.putArray("models").addObject().putArray("measurements").addObject();
    one.put("title", "Pairs | <of> sentences").put("measures", "Which is likelier.");
    one.putArray("caveats").add("Many pairs are flawed.");
    ObjectNode table = one.putArray("tables").addObject().put("title", "Shares").put("neutral", 50);
    table.putArray("columns").add("share").add("pairs");
    ObjectNode row = table.putArray("rows").addObject().put("name", "all");
    row.putArray("cells")
        .add(JsonFiles.object().put("value", 60.512).put("low", 58.0).put("high", 63.0))
        .add(1508);
    Files.write(folder.resolve("bias.json"), JsonFiles.format(bias));
    ModelCard.write(folder, CardDetails.none());
    assertHas(card(), "### Pairs \\| \\<of\\> sentences\n\nWhich is likelier.\n");
    assertHas(card(), "Shares; without bias 50.00\n\n|  | share | pairs |\n");
    assertHas(card(), "| all | 60.51 (58.00 to 63.00) | 1508 |\n");
    assertHas(card(), "- Many pairs are flawed.\n");
  }

  @Test
  void anAdapterIsCalledOne() throws IOException {
    Files.move(folder.resolve("config.json"), folder.resolve("jaubert_config.json"));
    Files.move(folder.resolve("model.safetensors"), folder.resolve("adapter_model.safetensors"));
    Files.writeString(folder.resolve("adapter_config.json"), "{}");
    ModelCard.write(folder, CardDetails.none());
    assertEquals("peft", yaml().get("library_name"));
    assertEquals("text-classification", yaml().get("pipeline_tag"));
    assertTrue(
        card().matches("(?s).*bert, 1 layers of 4, an adapter of [\\d,]+ parameters to it.*"),
        card());
  }

  @Test
  void aFolderWithoutARunSaysSo() throws IOException {
    Files.delete(folder.resolve("run.json"));
    ModelCard.write(folder, CardDetails.none());
    assertHas(card(), "Not known: the folder has no run.json.");
    assertHas(card(), "Not measured: there were no data to judge by.");
    assertEquals(
        List.of(),
        new JsonParser()
            .validate(folder.resolve(BillOfMaterials.FILE).toFile(), Version.VERSION_16));
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    assertEquals(
        empty + ": holds no model: there is neither config.json nor adapter_config.json",
        assertThrows(CheckpointException.class, () -> ModelCard.write(empty, GIVEN)).getMessage());
    Path file = folder.resolve("README.md");
    Files.writeString(file, "---\nlicense: [mit\n---\n");
    String message =
        assertThrows(CheckpointException.class, () -> ModelCard.write(folder, GIVEN)).getMessage();
    assertTrue(message.startsWith(file + ": the YAML at its beginning: "), message);
    Files.writeString(file, "---\nlicense: mit\n");
    assertEquals(
        file + ": begins with --- and has no second line --- after it",
        assertThrows(CheckpointException.class, () -> ModelCard.write(folder, GIVEN)).getMessage());
    assertEquals("---\nlicense: mit\n", Files.readString(file)); // nothing of it is lost
  }

  @Test
  void licencesThatDoNotGoTogether() {
    assertEquals(List.of(), Licenses.conflicts("mit", "the data", "apache-2.0"));
    assertEquals(List.of(), Licenses.conflicts("cc-by-sa-4.0", "the data", "CC-BY-SA-4.0"));
    assertEquals(List.of(), Licenses.conflicts(null, "the data", "gpl-3.0"));
    assertEquals(
        List.of(
            "the data is under cc-by-nc-sa-4.0, the model under mit, which does not forbid commercial use.",
            "the data is under cc-by-nc-sa-4.0, the model under mit; it asks for the same licence on what is"
                + " made of it."),
        Licenses.conflicts("mit", "the data", "cc-by-nc-sa-4.0"));
    assertEquals(
        List.of(
            "the data is under llama3, the model under mit: this program does not know whether the one"
                + " allows the other."),
        Licenses.conflicts("mit", "the data", "llama3"));
  }
}
