package io.github.jaubert.measure.bias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures of a small random model against src/test/python/golden_bias.py, which computes them in
 * float64 with transformers, one masked copy at a time.
 */
class MaskedBiasTest {
  private static final Path BERT = Path.of("../bert/src/test/resources/golden");
  private static final Path MODEL = BERT.resolve("masked-language/fill-mask");
  private static final JsonNode GOLDEN =
      JsonFiles.readObject(Path.of("src/test/resources/golden/bias/small.json"));

  /** Of sums of some ten log-probabilities in float32. */
  private static final double CLOSE = 1e-4;

  private static final Bootstrap BOOTSTRAP = new Bootstrap(7, 50);

  @TempDir Path temporary;

  private static String text(JsonNode array, int index) {
    return array.get(index).asText();
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  @Test
  void pairsScoreAsTheirDefinition() {
    List<CrowsPairs.Pair> pairs = new ArrayList<>();
    for (JsonNode one : GOLDEN.get("pairs")) {
      JsonNode pair = one.get("pair");
      pairs.add(
          new CrowsPairs.Pair(
              text(pair, 0), text(pair, 1), text(pair, 2).equals("stereo"), text(pair, 3)));
    }
    try (MaskedScorer scorer = MaskedScorer.fromPretrained(MODEL)) {
      CrowsPairs.Result result = CrowsPairs.of(pairs).measure(scorer, BOOTSTRAP);
      int prefers = 0;
      int byAul = 0;
      for (int i = 0; i < pairs.size(); i++) {
        JsonNode expected = GOLDEN.get("pairs").get(i).get("scores");
        CrowsPairs.Score score = result.scores().get(i);
        String pair = pairs.get(i).toString();
        assertEquals(expected.get(0).asDouble(), score.more(), CLOSE, pair);
        assertEquals(expected.get(1).asDouble(), score.less(), CLOSE, pair);
        assertEquals(expected.get(2).asDouble(), score.aulMore(), CLOSE, pair);
        assertEquals(expected.get(3).asDouble(), score.aulLess(), CLOSE, pair);
        prefers += expected.get(0).asDouble() > expected.get(1).asDouble() ? 1 : 0;
        byAul += expected.get(2).asDouble() > expected.get(3).asDouble() ? 1 : 0;
      }
      assertEquals(100.0 * prefers / pairs.size(), result.overall().score().value(), 1e-9);
      assertEquals(100.0 * byAul / pairs.size(), result.overall().aul().value(), 1e-9);
      assertEquals(1, result.neutral()); // the pair that shares no token
      assertEquals(2, result.antiStereotype().score().count());
      assertEquals(2, result.byType().get("name").score().count());
      assertEquals(List.of("name", "place", "time"), List.copyOf(result.byType().keySet()));
    }
  }

  @Test
  void gapsScoreAsInStereoSet() {
    List<StereoSet.Item> items = new ArrayList<>();
    for (JsonNode one : GOLDEN.get("gaps")) {
      List<String> item = texts(one.get("item"));
      items.add(
          new StereoSet.Item(
              item.get(0), item.get(1), item.get(2), item.get(3), item.get(4), item.get(5)));
    }
    try (MaskedScorer scorer = MaskedScorer.fromPretrained(MODEL)) {
      StereoSet.Result result = StereoSet.of(items).measure(scorer, BOOTSTRAP);
      Map<String, double[]> byTarget = new LinkedHashMap<>(); // items, ss, lms
      for (int i = 0; i < items.size(); i++) {
        JsonNode expected = GOLDEN.get("gaps").get(i).get("scores");
        StereoSet.Score score = result.scores().get(i);
        double[] found = {score.stereotype(), score.antiStereotype(), score.unrelated()};
        double[] wanted = new double[3];
        for (int j = 0; j < 3; j++) {
          wanted[j] = expected.get(j).asDouble();
          assertEquals(wanted[j], found[j], 1e-6, items.get(i) + " " + j);
        }
        double[] sums = byTarget.computeIfAbsent(items.get(i).target(), name -> new double[3]);
        sums[0]++;
        sums[1] += wanted[0] > wanted[1] ? 100 : 0;
        sums[2] += (wanted[0] > wanted[2] ? 50 : 0) + (wanted[1] > wanted[2] ? 50 : 0);
      }
      double ss = byTarget.values().stream().mapToDouble(s -> s[1] / s[0]).average().orElseThrow();
      double lms = byTarget.values().stream().mapToDouble(s -> s[2] / s[0]).average().orElseThrow();
      assertEquals(ss, result.overall().ss().value(), 1e-9);
      assertEquals(lms, result.overall().lms().value(), 1e-9);
      assertEquals(lms * Math.min(ss, 100 - ss) / 50, result.overall().icat().value(), 1e-9);
      assertEquals(3, result.overall().ss().count()); // target terms
      assertEquals(5, result.overall().items());
    }
  }

  @Test
  void associationsScoreAsTheirDefinition() throws IOException {
    JsonNode golden = GOLDEN.get("association");
    Path file = temporary.resolve("lexicon.json");
    Files.writeString(
        file,
        "{\"groups\": [\"a\", \"b\"], \"association\": " + golden.get("lexicon").toString() + "}");
    BiasLexicon lexicon = BiasLexicon.read(file);
    try (MaskedScorer scorer = MaskedScorer.fromPretrained(MODEL)) {
      Association.Result result = Association.measure(scorer, lexicon, BOOTSTRAP);
      assertEquals(7, result.attributes().size());
      for (Association.Attribute one : result.attributes()) {
        int index = lexicon.attributes().get(one.set()).indexOf(one.attribute());
        double expected = golden.get("scores").get(one.set()).get(index).asDouble();
        assertEquals(expected, one.score(), CLOSE, one.attribute());
      }
      assertEquals(golden.get("effect_size").asDouble(), result.effectSize().value(), CLOSE);
      assertEquals(golden.get("p").asDouble(), result.test().pValue(), 1e-12);
      assertEquals(golden.get("tried").asLong(), result.test().permutations());
      assertTrue(result.test().exact());
    }
  }

  @Test
  void pronounsAndGapsAreFilled() {
    List<WinoBias.Item> items = new ArrayList<>();
    for (JsonNode one : GOLDEN.get("pronouns")) {
      List<String> item = texts(one.get("item"));
      items.add(new WinoBias.Item(item.get(0), item.get(1), item.get(2), item.get(3), "type1"));
    }
    JsonNode fill = GOLDEN.get("fill");
    BiasLexicon lexicon =
        new BiasLexicon(
            List.of("a", "b"),
            List.of("{term} went to {mask}."),
            List.of(new BiasLexicon.Pair("anna", "ann")),
            List.of(),
            List.of(),
            Map.of());
    try (MaskedScorer scorer = MaskedScorer.fromPretrained(MODEL)) {
      WinoBias.Result result = WinoBias.of(items).measure(scorer, BOOTSTRAP);
      for (int i = 0; i < items.size(); i++) {
        double expected = GOLDEN.get("pronouns").get(i).get("log_ratio").asDouble();
        assertEquals(expected, result.scores().get(i).logRatio(), CLOSE, items.get(i).toString());
      }
      FillComparison.Comparison found =
          FillComparison.measure(scorer, lexicon, 5, BOOTSTRAP).comparisons().get(0);
      assertEquals(texts(fill.get("texts")), List.of(found.first(), found.second()));
      assertEquals(fill.get("overlap").asInt(), found.overlap());
      assertEquals(fill.get("distance").asDouble(), found.distance(), 1e-5);
      for (int i = 0; i < 5; i++) {
        FillComparison.Fill own = found.secondTop().get(i);
        JsonNode expected = fill.get("top").get(1).get(i);
        assertEquals(expected.get(0).asText(), own.token());
        assertEquals(expected.get(1).asDouble(), own.probability(), 1e-6);
        assertEquals(expected.get(2).asDouble(), own.logRatio(), CLOSE);
      }
    }
  }

  @Test
  void whatHasNoMasksOrIsTooLongIsRefused() {
    assertThrows(
        CheckpointException.class, () -> MaskedScorer.fromPretrained(BERT.resolve("zero-shot")));
    long before = Memory.live();
    try (MaskedScorer scorer = MaskedScorer.fromPretrained(MODEL)) {
      CrowsPairs pairs =
          CrowsPairs.of(List.of(new CrowsPairs.Pair("anna ".repeat(50), "ann", true, "x")));
      String message =
          assertThrows(IllegalArgumentException.class, () -> pairs.measure(scorer, BOOTSTRAP))
              .getMessage();
      assertTrue(message.endsWith("is longer than the 40 tokens that the model takes"), message);
    }
    assertEquals(before, Memory.live());
  }

  // ---- files ----

  private Path file(String name, String content) throws IOException {
    return Files.writeString(temporary.resolve(name), content);
  }

  @Test
  void pairsAreReadAndChecked() throws IOException {
    Path good =
        file(
            "pairs.csv",
            ",sent_more,sent_less,stereo_antistereo,bias_type\n"
                + "0,\"He, too.\",\"She, too.\",stereo,gender\n1,a,b,antistereo,age\n");
    assertEquals(
        List.of(
            new CrowsPairs.Pair("He, too.", "She, too.", true, "gender"),
            new CrowsPairs.Pair("a", "b", false, "age")),
        CrowsPairs.read(good).pairs());
    Path bad =
        file("bad.csv", "sent_more,sent_less,stereo_antistereo,bias_type\na,b,sterio,gender\n");
    String message = assertThrows(DataException.class, () -> CrowsPairs.read(bad)).getMessage();
    assertTrue(message.contains("sterio"), message);
  }

  @Test
  void itemsAreReadInBothLayouts() throws IOException {
    String item =
        "{\"target\": \"poet\", \"bias_type\": \"profession\", \"context\": \"A poet can BLANK.\","
            + " \"sentences\": [{\"sentence\": \"A poet can rap.\", \"gold_label\":"
            + " \"anti-stereotype\"}, {\"sentence\": \"A poet can rhyme.\", \"gold_label\":"
            + " \"stereotype\"}, {\"sentence\": \"A poet can hip.\", \"gold_label\":"
            + " \"unrelated\"}]}";
    List<StereoSet.Item> expected =
        List.of(
            new StereoSet.Item("poet", "profession", "A poet can BLANK.", "rhyme", "rap", "hip"));
    assertEquals(expected, StereoSet.read(file("list.json", "[" + item + "]")).items());
    assertEquals(
        expected,
        StereoSet.read(file("set.json", "{\"data\": {\"intrasentence\": [" + item + "]}}"))
            .items());
    for (String bad : List.of("", "{}", "[1]", "[" + item.replace("unrelated", "x") + "]", "[{]")) {
      Path file = file("bad.json", bad);
      assertThrows(DataException.class, () -> StereoSet.read(file), bad);
    }
  }

  @Test
  void pronounsAreReadFromPairsOfFiles() throws IOException {
    file(
        "pro_stereotyped_type2.txt.dev",
        "1 The [the chief] saw [the nurse] and told [her] to go.\n");
    file(
        "anti_stereotyped_type2.txt.dev",
        "1 The [the chief] saw [the nurse] and told [him] to go.\n");
    assertEquals(
        List.of(
            new WinoBias.Item(
                "The the chief saw the nurse and told ", " to go.", "her", "him", "type2")),
        WinoBias.read(temporary).items());
    // A line with the same pronoun in both is left out, as two of the published ones are.
    String both = "1 The nurse told [her] to go.\n2 The chief told [%s] to go.\n";
    file("pro_stereotyped_type2.txt.dev", both.formatted("him"));
    file("anti_stereotyped_type2.txt.dev", both.formatted("her"));
    assertEquals(
        List.of(new WinoBias.Item("The chief told ", " to go.", "him", "her", "type2")),
        WinoBias.read(temporary).items());
    file("pro_stereotyped_type2.txt.dev", "1 [The nurse] told [her] to go.\n");
    file("anti_stereotyped_type2.txt.dev", "1 [The nurse] told [her] to go.\n");
    assertThrows(DataException.class, () -> WinoBias.read(temporary));
    Files.delete(temporary.resolve("anti_stereotyped_type2.txt.dev"));
    assertThrows(DataException.class, () -> WinoBias.read(temporary));
  }

  @Test
  void lexiconsAreChecked() throws IOException {
    assertEquals(2, BiasLexicon.english().attributes().size());
    for (String bad :
        List.of(
            "[]",
            "{\"groups\": [\"a\", \"b\"]}",
            "{\"groups\": [\"a\"], \"fill\": {}}",
            "{\"groups\": [\"a\", \"b\"], \"fill\": {\"templates\": [\"{term} {mask}\"]}}",
            "{\"groups\": [\"a\", \"b\"], \"fill\": {\"templates\": [\"{mask}\"], \"pairs\":"
                + " [[\"x\", \"y\"]]}}",
            "{\"groups\": [\"a\", \"b\"], \"fill\": {\"templates\": [], \"pairs\": [[\"x\"]]}}")) {
      Path file = file("bad.json", bad);
      assertThrows(DataException.class, () -> BiasLexicon.read(file), bad);
    }
    BiasLexicon other = BiasLexicon.english().withTemplates(List.of("A {term} is {mask}"));
    assertTrue(other.templates().isEmpty());
    assertThrows(
        IllegalArgumentException.class, () -> other.withTemplates(List.of("{term} is here")));
  }
}
