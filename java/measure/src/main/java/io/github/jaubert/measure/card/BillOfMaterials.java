package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a model is made of, as <a href="https://cyclonedx.org/docs/1.6/json/">CycloneDX 1.6</a>
 * writes it: its files, the model it began with, the data and the program, with licences and, of
 * files that are there, hashes.
 */
final class BillOfMaterials {
  /** The name of the file. */
  static final String FILE = "ml-bom.cdx.json";

  private static final String MODEL = "model";
  private static final String BASE = "base-model";

  /** The keys of data in run.json, by how the bill refers to them. */
  private static final Map<String, String> DATA =
      Map.of("training-data", "train", "evaluation-data", "eval");

  private static final List<String> WEIGHTS = List.of(".safetensors", ".bin", ".onnx");
  private static final List<String> OF_A_RUN =
      List.of("checkpoint.safetensors", "best.safetensors");

  private final ModelFacts facts;
  private final CardDetails details;
  private final String license;
  private final Optional<String> intendedUse;
  private final StringBuilder hashes = new StringBuilder();

  private BillOfMaterials(
      ModelFacts facts, CardDetails details, String license, Optional<String> intendedUse) {
    this.facts = facts;
    this.intendedUse = intendedUse;
    this.details = details;
    this.license = license;
  }

  /** Writes it into the folder of the model. */
  static void write(
      ModelFacts facts, CardDetails details, String license, Optional<String> intendedUse) {
    ObjectNode bill = new BillOfMaterials(facts, details, license, intendedUse).bill();
    AtomicFile.write(facts.folder().resolve(FILE), JsonFiles.format(bill));
  }

  private ObjectNode bill() {
    ObjectNode bill = JsonFiles.object();
    bill.put("bomFormat", "CycloneDX").put("specVersion", "1.6");
    bill.put("serialNumber", "").put("version", 1);
    describe(bill.putObject("metadata").putObject("component"));
    ArrayNode components = bill.putArray("components");
    files(components);
    base(components);
    data(components);
    program(components);
    ObjectNode made = bill.putArray("dependencies").addObject().put("ref", MODEL);
    ArrayNode of = made.putArray("dependsOn");
    components.forEach(component -> of.add(component.get("bom-ref")));
    // The same files have the same number.
    bill.put(
        "serialNumber",
        "urn:uuid:" + UUID.nameUUIDFromBytes(hashes.toString().getBytes(StandardCharsets.UTF_8)));
    return bill;
  }

  // ---- the model ----

  private void describe(ObjectNode model) {
    begin(model, "machine-learning-model", MODEL, facts.name());
    licenses(model, license);
    if (details.author() != null) {
      model.putArray("authors").addObject().put("name", details.author());
    }
    ObjectNode card = model.putObject("modelCard");
    ObjectNode parameters = card.putObject("modelParameters");
    boolean supervised = !facts.pipelineTag().orElse("").equals("fill-mask");
    parameters.putObject("approach").put("type", supervised ? "supervised" : "self-supervised");
    facts.pipelineTag().ifPresent(task -> parameters.put("task", task));
    parameters.put("architectureFamily", facts.config().path("model_type").asText("unknown"));
    parameters.put("modelArchitecture", facts.architecture());
    ArrayNode datasets = parameters.putArray("datasets");
    DATA.keySet().stream()
        .sorted()
        .filter(part -> path(part).isPresent())
        .forEach(part -> datasets.addObject().put("ref", part));
    Map<String, Double> measured = Evaluations.of(facts);
    if (!measured.isEmpty()) {
      ArrayNode metrics = card.putObject("quantitativeAnalysis").putArray("performanceMetrics");
      measured.forEach(
          (name, value) ->
              metrics.addObject().put("type", name).put("value", Double.toString(value)));
    }
    ObjectNode considerations = card.putObject("considerations");
    intendedUse.ifPresent(use -> considerations.putArray("useCases").add(use));
    facts.energy().ifPresent(energy -> energy(considerations, energy));
  }

  private void energy(ObjectNode considerations, Energy energy) {
    ObjectNode taken =
        considerations
            .putObject("environmentalConsiderations")
            .putArray("energyConsumptions")
            .addObject()
            .put("activity", "training");
    ObjectNode provider = taken.putArray("energyProviders").addObject();
    provider.putObject("organization").put("name", "not given");
    provider.put("energySource", "unknown");
    kilowattHours(provider.putObject("energyProvided"), energy);
    kilowattHours(taken.putObject("activityEnergyCost"), energy);
    taken
        .putObject("co2CostEquivalent")
        .put("value", energy.grams(details.gramsPerKilowattHour()) * 1e-6)
        .put("unit", "tCO2eq");
  }

  private static void kilowattHours(ObjectNode to, Energy energy) {
    to.put("value", energy.kilowattHours()).put("unit", "kWh");
  }

  // ---- its parts ----

  private void files(ArrayNode components) {
    try (Stream<Path> files = Files.walk(facts.folder())) {
      files
          .filter(Files::isRegularFile)
          .filter(BillOfMaterials::isOfTheModel)
          .map(file -> facts.folder().relativize(file).toString().replace('\\', '/'))
          .sorted()
          .forEach(
              name -> {
                ObjectNode file = begin(components.addObject(), "file", "file:" + name, name);
                hash(file, Optional.of(facts.folder().resolve(name)));
              });
    } catch (IOException e) {
      throw unreadable(facts.folder(), e);
    }
  }

  private static boolean isOfTheModel(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".")
        && !OF_A_RUN.contains(name)
        && (WEIGHTS.stream().anyMatch(name::endsWith)
            || name.equals("config.json")
            || name.startsWith("tokenizer")
            || name.startsWith("vocab."));
  }

  private void base(ArrayNode components) {
    facts
        .base()
        .ifPresent(
            base -> {
              String name = facts.baseOnHub().orElseGet(() -> Evaluations.fileName(base));
              ObjectNode component =
                  begin(components.addObject(), "machine-learning-model", BASE, name);
              licenses(component, facts.baseLicense().orElse(null));
              hash(component, file(base + "/model.safetensors"));
            });
  }

  private void data(ArrayNode components) {
    DATA.keySet().stream()
        .sorted()
        .forEach(
            part ->
                path(part)
                    .ifPresent(
                        path -> {
                          ObjectNode data =
                              begin(
                                  components.addObject(), "data", part, Evaluations.fileName(path));
                          licenses(data, details.dataLicense());
                          hash(data, file(path));
                        }));
  }

  private Optional<String> path(String part) {
    String path = facts.run().path(DATA.get(part)).asText("");
    return path.isEmpty() || path.equals("null") ? Optional.empty() : Optional.of(path);
  }

  private void program(ArrayNode components) {
    if (facts.isRun()) {
      ObjectNode program = begin(components.addObject(), "library", "jaubert", "Jaubert");
      program.put("version", facts.run().path("jaubert").asText("unknown"));
      licenses(program, "apache-2.0");
    }
  }

  private static ObjectNode begin(ObjectNode to, String type, String reference, String name) {
    return to.put("type", type).put("bom-ref", reference).put("name", name);
  }

  private static void licenses(ObjectNode to, String name) {
    if (name != null) {
      ObjectNode license = to.putArray("licenses").addObject().putObject("license");
      Licenses.spdx(name)
          .ifPresentOrElse(id -> license.put("id", id), () -> license.put("name", name));
    }
  }

  /** A file where the run found it, if it is still there. */
  private static Optional<Path> file(String path) {
    try {
      return Optional.of(Path.of(path)).filter(Files::isRegularFile);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private void hash(ObjectNode to, Optional<Path> of) {
    of.ifPresent(
        file -> {
          String hash = sha256(file);
          hashes.append(to.path("name").asText()).append(hash).append('\n');
          to.putArray("hashes").addObject().put("alg", "SHA-256").put("content", hash);
        });
  }

  private static String sha256(Path file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static CheckpointException unreadable(Path path, IOException cause) {
    return new CheckpointException(
        path.toString(), "cannot be read: " + CheckpointException.describe(cause), cause);
  }
}
