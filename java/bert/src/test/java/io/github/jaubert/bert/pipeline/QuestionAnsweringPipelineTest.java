package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.bert.tokenizer.Windows;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Memory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Answers against those of the formula of transformers 4 over transformers' model and tokenizer,
 * which src/test/python/golden_question_answering.py computes.
 */
class QuestionAnsweringPipelineTest {
  private static final Path FOLDER =
      TestFiles.golden().resolveSibling("question-answering").resolve("pipeline");
  private static final JsonNode CASES = JsonFiles.readObject(FOLDER.resolve("cases.json"));

  private static QuestionAnsweringPipeline pipeline(JsonNode settings) {
    int length = settings.path("max_seq_len").asInt(64);
    int stride = settings.path("doc_stride").asInt(Math.min(length / 2, 128));
    return Pipelines.questionAnswering(
            QuestionAnswerer.fromPretrained(FOLDER),
            Tokenizer.fromPretrained(FOLDER),
            length,
            stride)
        .topK(settings.path("top_k").asInt(1))
        .maxAnswerLength(settings.path("max_answer_len").asInt(15))
        .handleImpossibleAnswer(settings.path("handle_impossible_answer").asBoolean(false))
        .alignToWords(settings.path("align_to_words").asBoolean(true));
  }

  @Test
  void answersAreThoseOfTransformers() {
    int compared = 0;
    for (JsonNode one : CASES.get("cases")) {
      String context = one.get("context").asText();
      try (QuestionAnsweringPipeline pipeline = pipeline(one.get("settings"))) {
        List<Answer> answers = pipeline.of(one.get("question").asText(), context);
        assertEquals(one.get("answers").size(), answers.size(), one.toString());
        for (int i = 0; i < answers.size(); i++) {
          JsonNode expected = one.get("answers").get(i);
          Answer answer = answers.get(i);
          assertEquals(expected.get("score").asDouble(), answer.score(), 1e-5, one.toString());
          assertEquals(expected.get("answer").asText(), answer.answer(), one.toString());
          assertEquals(expected.get("start").asInt(), answer.start(), one.toString());
          assertEquals(expected.get("end").asInt(), answer.end(), one.toString());
          assertEquals(context.substring(answer.start(), answer.end()), answer.answer());
          compared++;
        }
      }
    }
    assertTrue(CASES.get("cases").size() >= 12 && compared > 40, "" + compared);
  }

  @Test
  void manyAtOnceAreAsOneByOne() {
    long before = Memory.live();
    List<String> questions = new ArrayList<>();
    List<String> contexts = new ArrayList<>();
    for (JsonNode one : CASES.get("cases")) {
      questions.add(one.get("question").asText());
      contexts.add(one.get("context").asText());
    }
    try (QuestionAnsweringPipeline pipeline = Pipelines.questionAnswering(FOLDER).topK(3)) {
      List<List<Answer>> all = pipeline.ofAll(questions, contexts);
      for (int i = 0; i < all.size(); i++) {
        List<Answer> alone = pipeline.of(questions.get(i), contexts.get(i));
        assertEquals(alone.size(), all.get(i).size());
        for (int j = 0; j < alone.size(); j++) {
          assertEquals(alone.get(j).answer(), all.get(i).get(j).answer());
          assertEquals(alone.get(j).score(), all.get(i).get(j).score(), 1e-6);
        }
      }
      assertEquals(List.of(), pipeline.of("Who?", ""));
      assertEquals("", pipeline.handleImpossibleAnswer(true).of("Who?", "").get(0).answer());
      assertThrows(IllegalArgumentException.class, () -> pipeline.ofAll(questions, List.of()));
      assertThrows(IllegalArgumentException.class, () -> pipeline.topK(0));
      assertThrows(IllegalArgumentException.class, () -> pipeline.maxAnswerLength(0));
      pipeline.close();
      assertThrows(IllegalStateException.class, () -> pipeline.of("Who?", "Anna"));
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void windowsCoverTheContextAndOverlap() {
    Random random = new Random(Seeds.SEED);
    String[] words = {"anna", "Berliner", "19961", "\uD83D\uDE00", "café", ",", "zzz", "went"};
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(FOLDER)) {
      for (int round = 0; round < 20; round++) {
        int length = 12 + random.nextInt(40);
        int stride = random.nextInt(length - 8);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(120); i >= 0; i--) {
          text.append(words[random.nextInt(words.length)]).append(' ');
        }
        String question = "who went ".repeat(1 + random.nextInt(60));
        try (Windows windows = Windows.of(tokenizer, length, stride)) {
          List<int[]> all = new ArrayList<>();
          List<Window> parts = windows.of(question, text.toString());
          for (int w = 0; w < parts.size(); w++) {
            Window window = parts.get(w);
            assertTrue(window.length() <= length);
            List<int[]> own = new ArrayList<>();
            for (int i = 0; i < window.length(); i++) {
              if (window.isContext(i)) {
                own.add(new int[] {window.start(i), window.end(i)});
              }
            }
            int common = w == 0 ? 0 : stride;
            for (int i = 0; i < common; i++) {
              assertEquals(all.get(all.size() - common + i)[0], own.get(i)[0]);
            }
            all.addAll(own.subList(common, own.size()));
          }
          int[][] whole;
          try (Tokenizer longer = tokenizer.withMaxLength(2000)) {
            whole = longer.encode(text.toString()).offsets();
          }
          assertEquals(whole.length - 2, all.size());
          for (int i = 0; i < all.size(); i++) {
            assertEquals(whole[i + 1][0], all.get(i)[0]);
            assertEquals(whole[i + 1][1], all.get(i)[1]);
          }
        }
      }
      assertThrows(IllegalArgumentException.class, () -> Windows.of(tokenizer, 10, 6));
      assertThrows(IllegalArgumentException.class, () -> Windows.of(tokenizer, 10, -1));
    }
  }
}
