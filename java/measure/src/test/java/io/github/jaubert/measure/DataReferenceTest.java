package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.train.data.TableFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against what src/test/python/reference.py computes of the same file with numpy and scipy. */
class DataReferenceTest {
  private static JsonNode truth;
  private static DataReport report;

  static Path resource(String name) {
    return Path.of(DataReferenceTest.class.getResource(name).getPath());
  }

  @BeforeAll
  static void measure() throws IOException {
    truth = new JsonMapper().readTree(resource("sample.json").toFile());
    report =
        DataMeasurement.of(resource("sample.tsv"), TableFormat.TSV)
            .text("text")
            .label("label")
            .ordinal(true)
            .terms(List.of(List.of("he"), List.of("she")))
            .run();
  }

  @Test
  void lengths() {
    assertEquals(truth.path("rows").asLong(), report.rows());
    assertEquals(truth.path("blank").asLong(), report.texts().get(0).blank());
    JsonNode json = report.json().path("texts").get(0);
    for (String unit : List.of("characters", "words")) {
      for (Map.Entry<String, JsonNode> one : truth.path(unit).properties()) {
        double found = json.path(unit).path(one.getKey()).asDouble();
        assertEquals(one.getValue().asDouble(), found, 1e-9, unit + " " + one.getKey());
      }
      long all = 0;
      for (JsonNode bin : json.path(unit).path("histogram")) {
        all += bin.path("count").asLong();
      }
      assertEquals(report.rows(), all, unit);
    }
  }

  @Test
  void labels() {
    JsonNode labels = truth.path("labels");
    LabelReport found = report.labels();
    assertEquals(labels.path("entropy").asDouble(), found.entropy(), 1e-12);
    assertEquals(labels.path("imbalance").asDouble(), found.imbalance(), 1e-12);
    assertEquals(labels.path("mean").asDouble(), found.scores().mean(), 1e-12);
    assertEquals(
        labels.path("standard_deviation").asDouble(), found.scores().standardDeviation(), 1e-12);
    assertEquals(labels.path("skewness").asDouble(), found.scores().skewness(), 1e-9);
  }

  @Test
  void vocabulary() {
    JsonNode words = truth.path("vocabulary");
    VocabularyReport found = report.vocabulary();
    assertEquals(words.path("words").asLong(), found.words());
    assertEquals(words.path("distinct").asLong(), found.distinct());
    assertEquals(words.path("once").asLong(), found.once());
    assertEquals(words.path("commonest").get(0).asText(), found.closed().get(0).word());
    assertEquals(words.path("commonest").get(1).asLong(), found.closed().get(0).count());
  }

  @Test
  void repetitions() {
    DuplicateReport found = report.duplicates();
    assertEquals(truth.path("distinct").asLong(), found.distinct());
    assertEquals(truth.path("repeated").asLong(), found.repeated());
    JsonNode groups = truth.path("similar_groups");
    assertEquals(groups.size(), found.similarGroups());
    for (int i = 0; i < groups.size(); i++) {
      assertEquals(groups.get(i).asInt(), found.largestSimilar().get(i).size());
    }
  }

  @Test
  void zipf() {
    JsonNode zipf = truth.path("zipf");
    assertEquals(zipf.path("alpha").asDouble(), report.zipf().alpha(), 1e-6);
    assertEquals(zipf.path("xmin").asLong(), report.zipf().xmin());
    assertEquals(zipf.path("tail").asInt(), report.zipf().tail());
    assertEquals(zipf.path("distance").asDouble(), report.zipf().distance(), 1e-6);
  }

  @Test
  void associations() {
    List<AssociationReport.WordDifference> words =
        report.associations().differences().get(0).words();
    int at = 0;
    for (JsonNode one : truth.path("npmi")) {
      AssociationReport.WordDifference found = words.get(at++);
      assertEquals(one.path("word").asText(), found.word());
      assertEquals(one.path("first").asDouble(), found.first(), 1e-12, one.toString());
      assertEquals(one.path("second").asDouble(), found.second(), 1e-12, one.toString());
      assertEquals(found.first() - found.second(), found.difference(), 1e-12);
    }
    assertEquals(15, at);
  }
}
