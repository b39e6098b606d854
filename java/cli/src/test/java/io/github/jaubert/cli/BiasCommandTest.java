package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Measures of bias, on the command line. */
class BiasCommandTest extends CommandFixture {
  private Path masked(String name, int hidden) throws IOException {
    Path made = folder.resolve(name);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(model)) {
      Rng.seed(hidden);
      BertConfig config =
          BertConfig.bertBase()
              .withVocabSize(tokenizer.vocabularySize())
              .withEncoder(hidden, 1, 2, 32);
      try (MaskedLanguageModel one = MaskedLanguageModel.of(config)) {
        one.save(made, tokenizer);
      }
    }
    return made;
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Path lexicon() throws IOException {
    return file(
        "lexicon.json",
        "{\"groups\": [\"<i>film</i>\", \"story\"], \"fill\": {\"templates\": [\"the {term} was"
            + " {mask}\"], \"pairs\": [[\"film\", \"story\"]]}, \"association\": {\"templates\":"
            + " [\"the {term} was {attribute}\"], \"pairs\": [[\"film\", \"story\"]],"
            + " \"attributes\": {\"one\": [\"good\", \"fine\", \"warm\"], \"two\": [\"bad\","
            + " \"poor\"]}}}");
  }

  @Test
  void twoModelsStandSideBySide() throws IOException {
    Path pairs =
        file(
            "pairs.csv",
            "sent_more,sent_less,stereo_antistereo,bias_type\n"
                + "the film was good,the story was good,stereo,<script>alert(1)</script>\n"
                + "a film was bad,a story was bad,antistereo,b\n"
                + "the story was warm,the film was warm,stereo,b\n");
    Path json = folder.resolve("out.json");
    Path html = folder.resolve("out.html");
    Object[] command = {
      "bias",
      masked("before", 16),
      "--against",
      masked("after", 24),
      "--lexicon",
      lexicon(),
      "--crows-pairs",
      pairs,
      "--top",
      3,
      "--resamples",
      50,
      "--json",
      json,
      "--html",
      html
    };
    String out = jaubert(command).succeeded().out();
    assertTrue(out.startsWith("Bias of before and after\n"), out);
    assertTrue(out.contains("score, before"), out);
    assertTrue(out.contains("Blodgett et al. (2021)"), out);
    JsonNode root = new JsonMapper().readTree(json.toFile());
    assertEquals("after", root.get("models").get(1).get("model").asText());
    JsonNode measured = root.get("models").get(0).get("measurements");
    assertEquals(
        List.of("fill", "association", "crows_pairs"),
        measured.findValuesAsText("name").stream()
            .filter(name -> name.matches("fill|association|crows_pairs"))
            .toList());
    JsonNode all = measured.get(2).get("tables").get(0).get("rows").get(0).get("cells").get(0);
    assertEquals(3, all.get("count").asInt());
    double value = all.get("value").asDouble();
    assertTrue(all.get("low").asDouble() <= value && value <= all.get("high").asDouble());
    String page = Files.readString(html);
    assertFalse(page.contains("<script"), page);
    assertFalse(page.contains("<i>film"), page);
    assertTrue(page.contains("&lt;script&gt;"), page);
    assertTrue(page.contains("difference"), page);
    byte[] before = Files.readAllBytes(json);
    jaubert(command).succeeded();
    assertEquals(new String(before), Files.readString(json)); // the same seed
  }

  @Test
  void aClassifierIsJudgedByGroupAndSwaps() throws IOException {
    Path data =
        file(
            "data.tsv",
            "sentence\tlabel\tgroup\nthe film was good\tx\ta\nthe story was good\ty\tb\n"
                + "a cold film\t2\ta\na warm story\t0\tb\n");
    Path swaps = file("swaps.tsv", "film\tstory\n");
    Path json = folder.resolve("out.json");
    String out =
        jaubert(
                "bias",
                model,
                "--data",
                data,
                "--group-column",
                "group",
                "--label",
                "x",
                "--swaps",
                swaps,
                "--json",
                json)
            .succeeded()
            .out();
    assertTrue(out.contains("Label x, %"), out);
    assertTrue(out.contains("exchanged in 4 of 4 texts"), out);
    JsonNode measured =
        new JsonMapper().readTree(json.toFile()).get("models").get(0).get("measurements");
    assertEquals("groups", measured.get(0).get("name").asText());
    assertEquals("swaps", measured.get(1).get("name").asText());
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Path mask = masked("masked", 16);
    Path data = file("data.tsv", "sentence\tlabel\tgroup\na film\tw\ta\na story\tx\tb\n");
    String ofMasks =
        "is for a model with a head for masked tokens, which %s is not".formatted(model);
    assertEquals(
        model + " is a classifier: give it texts with --data FILE",
        jaubert("bias", model).failure(2));
    assertEquals("--top " + ofMasks, jaubert("bias", model, "--top", 5).failure(2));
    assertEquals(
        "--data is for a classifier, which %s is not".formatted(mask),
        jaubert("bias", mask, "--data", data).failure(2));
    assertTrue(
        jaubert("bias", mask, "--against", model)
            .failure(2)
            .endsWith("their figures cannot be compared"));
    assertEquals(
        "--against %s: is MODEL itself".formatted(mask),
        jaubert("bias", mask, "--against", mask).failure(2));
    assertEquals(
        data + ":2: the model has no label w; its labels are x, y, z",
        jaubert("bias", model, "--data", data, "--group-column", "group").failure(1));
    assertTrue(
        jaubert("bias", model, "--data", data)
            .failure(1)
            .startsWith("none of 2 texts has a word that could be exchanged"));
    assertTrue(
        jaubert("bias", mask, "--crows-pairs", folder.resolve("none.csv"))
            .failure(1)
            .contains("none.csv"));
    assertTrue(jaubert("bias", mask, "--winobias", folder).failure(1).contains("holds no file"));
  }
}
