package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.measure.text.Names;
import io.github.jaubert.measure.text.PersonalData;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.measure.text.PersonalData.Kind;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a model that tells the words of a small vocabulary by heart. */
class NamesTest {
  private static final int WIDTH = 32;
  private static final List<String> PERSONS = List.of("anna", "smith", "bob");
  private static final List<String> PLACES = List.of("paris", "rome");
  private static final List<String> OTHERS =
      List.of("met", "in", "and", "the", "film", "was", "good", "acme", "@", ".", "com", "x");

  @TempDir Path folder;

  private TokenClassification tagger(Labels labels) throws IOException {
    String vocabulary =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n%s\n%s\n%s\n"
            .formatted(
                String.join("\n", PERSONS), String.join("\n", PLACES), String.join("\n", OTHERS));
    Files.writeString(folder.resolve("vocab.txt"), vocabulary);
    Rng.seed(Seeds.seed("names"));
    int words = 5 + PERSONS.size() + PLACES.size() + OTHERS.size();
    BertConfig config = BertConfig.bertBase().withVocabSize(words).withEncoder(WIDTH, 1, 2, 64);
    TokenClassifier model = TokenClassifier.of(config, labels);
    float[] embeddings = new float[words * WIDTH];
    float[] weights = new float[labels.size() * WIDTH];
    for (int j = 0; j < WIDTH; j++) {
      for (int word = 0; word < words; word++) {
        int type = word < 5 ? 0 : word < 8 ? 1 : word < 10 ? 2 : 0;
        embeddings[word * WIDTH + j] = j % 3 == type ? 2 : -1;
      }
      for (int label = 0; label < labels.size(); label++) {
        weights[label * WIDTH + j] = j % 3 == label ? 2 : -1;
      }
    }
    model
        .parameters()
        .forEach(
            one -> {
              if (one.name().endsWith("word_embeddings.weight")) {
                one.tensor().copyFrom(embeddings);
              } else if (one.name().equals("classifier.weight")) {
                one.tensor().copyFrom(weights);
              }
            });
    return Pipelines.tokenClassification(model, Tokenizer.fromPretrained(folder));
  }

  private static String masked(Names names, String text) {
    return PersonalData.masked(text, names.in(List.of(text)).get(0));
  }

  @Test
  void namesAreFoundWhereverTheyStand() throws IOException {
    try (TokenClassification tagger = tagger(Labels.of("O", "I-PER", "B-LOC"))) {
      Names names = new Names(tagger);
      assertEquals("A••• S••• met B••• in p•••.", masked(names, "Anna Smith met Bob in paris."));
      assertEquals("the film was good", masked(names, "the film was good"));
      assertEquals("", masked(names, ""));
      String before = "the film was good and ".repeat(90); // more than the model reads at once
      List<Found> found = names.in(List.of("x", before + "Anna met Bob")).get(1);
      assertEquals(2, found.size());
      assertEquals(Kind.PERSON, found.get(0).kind());
      assertEquals(before.length(), found.get(0).start());
      assertEquals(before.length() + 12, found.get(1).end());
      assertEquals(
          Kind.PLACE,
          names.in(List.of("x".repeat(799) + "\ud83d\ude00 rome")).get(0).get(0).kind());
    }
  }

  @Test
  void namesArePersonalDataAndShownNowhere() throws IOException {
    List<Example> rows =
        List.of(
            Example.of("anna smith met bob in rome", "a"),
            Example.of("Anna Smith met Bob in Rome!", "a"),
            Example.of("the film was good", "a"),
            Example.of("bob@acme.com met the film", "b"));
    TextDataset data = TextDataset.of(rows);
    try (TokenClassification tagger = tagger(Labels.of("O", "B-PER", "B-LOC"))) {
      DataReport without = DataMeasurement.of(data).against(data).run();
      assertEquals(1, without.personalData().rows());
      assertFalse(without.personalData().names());
      DataReport report = DataMeasurement.of(data).against(data).tagger(tagger).run();
      PersonalDataReport found = report.personalData();
      assertTrue(found.names());
      assertEquals(3, found.rows());
      assertEquals(
          List.of("email", "person", "place"),
          found.kinds().stream().map(PersonalDataReport.Kind::kind).toList());
      assertEquals(1, found.kinds().get(0).count());
      assertEquals(6, found.kinds().get(1).count(), found.toString()); // B- begins a name anew
      assertEquals(2, found.kinds().get(2).count());
      assertEquals("a••• s••• met b••• in r•••", report.duplicates().groups().get(0).text());
      String leaks = report.leaks().toString();
      assertTrue(leaks.contains("text=a••• s••• met b••• in r•••, "), leaks);
      assertFalse(leaks.toLowerCase(Locale.ROOT).contains("smith"), leaks);
      assertEquals(without.duplicates().repeated(), report.duplicates().repeated());
    }
  }

  @Test
  void aModelWithoutNamesIsRefused() throws IOException {
    try (TokenClassification tagger = tagger(Labels.of("NOUN", "VERB"))) {
      assertEquals(
          "no label is for names of persons or places, such as PER or LOC; the labels are NOUN,"
              + " VERB",
          assertThrows(IllegalArgumentException.class, () -> new Names(tagger)).getMessage());
    }
  }
}
