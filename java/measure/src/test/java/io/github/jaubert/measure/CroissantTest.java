package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.data.TableFormat;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads a description as JSON-LD: each key becomes an IRI by the context, and these are checked by
 * the rules of Croissant 1.1 and RAI 1.0.
 */
class CroissantTest {
  private static final String SCHEMA = "https://schema.org/";
  private static final String CROISSANT = "http://mlcommons.org/croissant/";
  private static final String RAI = CROISSANT + "RAI/";
  private static final String SHA = "0123456789abcdef".repeat(4);

  private static final Set<String> OF_DATASET =
      Set.of("name", "description", "distribution", "inLanguage");

  private static final Set<String> RESPONSIBLE =
      Set.of("dataLimitations", "dataBiases", "personalSensitiveInformation");

  @TempDir Path folder;

  private JsonNode context;

  /** What a key or a type stands for. */
  private String expanded(String name) {
    JsonNode known = context.path(name);
    if (!known.isMissingNode()) {
      return expanded(known.isObject() ? known.path("@id").asText() : known.asText());
    }
    int colon = name.indexOf(':');
    if (colon > 0 && context.has(name.substring(0, colon))) {
      return context.path(name.substring(0, colon)).asText() + name.substring(colon + 1);
    }
    return name.startsWith("http") ? name : context.path("@vocab").asText() + name;
  }

  private void check(ObjectNode json, String file, List<String> columns, String property) {
    context = json.path("@context");
    assertEquals(SCHEMA + "Dataset", expanded(json.path("@type").asText()));
    json.fieldNames()
        .forEachRemaining(
            key -> {
              String iri = key.startsWith("@") ? "" : expanded(key);
              assertTrue(
                  iri.isEmpty()
                      || iri.startsWith(SCHEMA)
                          && OF_DATASET.contains(iri.substring(SCHEMA.length()))
                      || iri.startsWith(RAI) && RESPONSIBLE.contains(iri.substring(RAI.length()))
                      || iri.equals(CROISSANT + "recordSet")
                      || iri.equals("http://purl.org/dc/terms/conformsTo"),
                  key + " is " + iri);
            });
    assertEquals(CROISSANT + "1.1", json.path("conformsTo").get(0).asText());
    assertEquals(RAI + "1.0", json.path("conformsTo").get(1).asText());
    RESPONSIBLE.forEach(
        name -> json.path("rai:" + name).forEach(one -> assertTrue(one.isTextual(), name)));
    Set<String> ids = new HashSet<>();
    JsonNode object = json.path("distribution").get(0);
    assertEquals(CROISSANT + "FileObject", expanded(object.path("@type").asText()));
    assertEquals(file, object.path("name").asText());
    assertEquals(SHA, object.path("sha256").asText());
    assertTrue(object.path("encodingFormat").asText().matches("\\w+/[\\w.-]+"));
    assertEquals(file, URI.create(object.path("contentUrl").asText()).getPath());
    assertTrue(ids.add(URI.create(object.path("@id").asText()).toString()));
    JsonNode records = json.path("recordSet").get(0);
    assertEquals(CROISSANT + "RecordSet", expanded(records.path("@type").asText()));
    assertTrue(ids.add(records.path("@id").asText()));
    assertEquals(columns.size(), records.path("field").size());
    for (int i = 0; i < columns.size(); i++) {
      JsonNode field = records.path("field").get(i);
      assertEquals(CROISSANT + "Field", expanded(field.path("@type").asText()));
      assertEquals(columns.get(i), field.path("name").asText());
      assertTrue(ids.add(URI.create(field.path("@id").asText()).toString()), field.toString());
      assertTrue(field.path("@id").asText().startsWith(records.path("@id").asText() + "/"));
      String type = expanded(field.path("dataType").asText());
      assertTrue(Set.of(SCHEMA + "Text", SCHEMA + "Float").contains(type), type);
      JsonNode source = field.path("source");
      assertEquals(object.path("@id"), source.at("/fileObject/@id"));
      assertEquals(1, source.path("extract").size());
      Map.Entry<String, JsonNode> extract = source.path("extract").properties().iterator().next();
      assertEquals(CROISSANT + property, expanded(extract.getKey()));
      assertEquals(
          property.equals("column") ? columns.get(i) : "lines", extract.getValue().asText());
    }
  }

  @Test
  void aTableWhoseNamesAreNoIris() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("my <data> é.tsv"),
            "my text\tthe \"pair\"\tlabel %\na b c\td e\t1\nf g\th i\t2\nf g\th\t2\n");
    DataReport report =
        DataMeasurement.of(file, TableFormat.TSV)
            .text("my text")
            .pair("the \"pair\"")
            .label("label %")
            .run();
    check(
        report.croissant(TableFormat.TSV, SHA),
        "my <data> é.tsv",
        List.of("my text", "the \"pair\"", "label %"),
        "column");
  }

  @Test
  void aFileOfLines() throws IOException {
    Path file = Files.writeString(folder.resolve("lines.txt"), "one text\nanother\n");
    DataReport report = DataMeasurement.ofLines(file).run();
    check(report.croissant(null, SHA), "lines.txt", List.of("text"), "fileProperty");
  }
}
