package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Questions of SQuAD's JSON and of tables. */
class QuestionDatasetTest {
  private static final String SQUAD =
      """
      {"version": "v2.0", "data": [{"title": "x", "paragraphs": [
        {"context": "\\uD83D\\uDE00 Anna went to Berlin. Anna slept.", "qas": [
          {"id": "1", "question": "Who?", "is_impossible": false, "answers": [
            {"text": "Anna", "answer_start": 2}, {"text": "Anna", "answer_start": 23}]},
          {"id": "2", "question": "Why?", "is_impossible": true, "answers": [],
            "plausible_answers": [{"text": "Berlin", "answer_start": 15}]}]},
        {"context": "b", "qas": [
          {"id": "3", "question": "a?", "answers": [{"text": "b", "answer_start": 0}]}]}]}]}
      """;

  @TempDir Path folder;

  private Path file(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String refusal(QuestionDataset data) {
    return assertThrows(DataException.class, data::questions).getMessage();
  }

  @Test
  void readsSquadWithPlacesInUtf16() {
    QuestionDataset data = QuestionDataset.of(file("train.json", SQUAD));
    assertEquals(3, data.size());
    assertEquals(1, data.impossible());
    Question first = data.questions().get(0);
    assertEquals("1", first.id());
    assertEquals("Who?", first.question());
    assertEquals(
        List.of(new Question.Answer("Anna", 3), new Question.Answer("Anna", 24)), first.answers());
    assertEquals(7, first.answers().get(0).end());
    assertTrue(data.questions().get(1).isImpossible());
    assertEquals(List.of("b"), data.questions().get(2).answerTexts());
    assertEquals(2, data.sample(2, 5).size());
    assertEquals(data.sample(2, 5).questions(), data.sample(2, 5).questions());
    assertThrows(IllegalArgumentException.class, () -> data.sample(0, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"answer_start\": 2}, {', '\"answer_start\": 3}, {', 'question 1: its answer ''Anna'' does not stand at 4 of the context, where there is ''nna '''",
    "'\"answer_start\": 2}, {', '\"answer_start\": 99}, {', 'does not stand at 99'",
    "'\"answer_start\": 2}, {', '\"answer_start\": \"2\"}, {', 'data[0].paragraphs[0].qas[0]: answer_start is no whole number'",
    "'\"question\": \"a?\",', '', 'data[0].paragraphs[1].qas[0] has no text ''question'''",
    "'\"context\": \"b\", ', '', 'data[0].paragraphs[1] has no text ''context'''",
    "'\"data\"', '\"dates\"', 'the file has no array ''data'''",
    "'[{\"title\"', '[[{\"title\"', 'not JSON: '",
  })
  void whatIsWrongIsNamed(String there, String instead, String reason) {
    String text = SQUAD.replace(there, instead);
    assertTrue(!text.equals(SQUAD));
    Path file = file("damaged.json", text);
    String refusal = refusal(QuestionDataset.squad(file));
    assertTrue(refusal.startsWith(file + ":") && refusal.contains(reason), refusal);
  }

  @Test
  void readsTables() {
    String tsv =
        "id\tquestion\tcontext\tanswer\tanswer_start\n"
            + "x\tWho?\t\uD83D\uDE00 Anna, Anna\tAnna\t8\n"
            + "y\tWhy?\tAnna\t\t-1\n";
    QuestionDataset data = QuestionDataset.of(file("a.tsv", tsv));
    assertEquals(List.of(new Question.Answer("Anna", 9)), data.questions().get(0).answers());
    assertEquals("x", data.questions().get(0).id());
    assertEquals(3, data.questions().get(1).line());
    assertTrue(data.questions().get(1).isImpossible());

    String lines =
        "{\"question\": \"Who?\", \"context\": \"to Anna\", \"answer\": [\"Anna\", \"to\"]}\n"
            + "{\"question\": \"Why?\", \"context\": \"Anna\", \"answer\": null}\n"
            + "{\"question\": \"Why?\", \"context\": \"Anna\", \"answer\": \"\"}\n";
    data = QuestionDataset.of(file("a.jsonl", lines));
    assertEquals(
        List.of(new Question.Answer("Anna", 3), new Question.Answer("to", 0)),
        data.questions().get(0).answers());
    assertEquals(2, data.impossible());
  }

  @Test
  void jsonLinesMayHaveAnswersAsDatasetsHaveThem() {
    String lines =
        "{\"id\": \"7\", \"title\": \"t\", \"question\": \"Who?\", \"context\": \"😀 to Anna to\","
            + " \"answers\": {\"text\": [\"Anna\", \"to\"], \"answer_start\": [5, 10]}}\n"
            + "{\"id\": \"8\", \"question\": \"Why?\", \"context\": \"Anna\","
            + " \"answers\": {\"text\": [], \"answer_start\": []}}\n"
            + "{\"id\": \"8\", \"question\": \"Why?\", \"context\": \"Anna\", \"answers\": []}\n"
            + "{\"id\": \"8\", \"question\": \"Who?\", \"context\": \"to Anna\","
            + " \"answers\": [{\"text\": \"Anna\", \"answer_start\": 3},"
            + " {\"text\": \"to\", \"answer_start\": 0}]}\n";
    QuestionDataset data = QuestionDataset.of(file("a.jsonl", lines));
    assertEquals(
        List.of(new Question.Answer("Anna", 6), new Question.Answer("to", 11)),
        data.questions().get(0).answers());
    assertEquals("7", data.questions().get(0).id());
    assertEquals(2, data.impossible());
    assertEquals(
        List.of(new Question.Answer("Anna", 3), new Question.Answer("to", 0)),
        data.questions().get(3).answers());
    String wrong = "{\"question\": \"Who?\", \"context\": \"Anna\", \"answers\": ";
    assertTrue(
        refusal(
                QuestionDataset.of(
                    file("b.jsonl", wrong + "{\"text\": [\"An\"], \"answer_start\": [2]}}\n")))
            .contains("b.jsonl:1: question of line 1: its answer 'An' does not stand at 2"));
    assertTrue(
        refusal(
                QuestionDataset.of(
                    file("c.jsonl", wrong + "{\"text\": [\"An\"], \"answer_start\": [0, 1]}}\n")))
            .endsWith("c.jsonl:1: 1 of answer and 2 of answer_start"));
    assertTrue(
        refusal(QuestionDataset.of(file("d.jsonl", wrong + "{\"text\": {\"a\": 1}}}\n")))
            .endsWith("no column answer; the columns are question, context, answers.text.a"));
    assertTrue(
        refusal(QuestionDataset.of(file("e.jsonl", wrong + "\"Anna\"}\n")))
            .contains("no column answer; the columns are question, context, answers"));
  }

  @Test
  void tablesThatDoNotFitAreRefused() {
    String head = "question\tcontext\tanswer\tanswer_start\n";
    Path place = file("a.tsv", head + "Who?\tAnna\tAnna\t1\n");
    assertTrue(refusal(QuestionDataset.of(place)).startsWith(place + ":2: question of line 2"));
    assertTrue(
        refusal(QuestionDataset.of(file("b.tsv", head + "Who?\tAnna\tAnna\tx\n")))
            .endsWith("answer_start is 'x', no whole number"));
    assertTrue(
        refusal(QuestionDataset.of(file("c.tsv", head + "Who?\tAnna\tAnna\t\n")))
            .endsWith("1 of answer and 0 of answer_start"));
    assertTrue(
        refusal(QuestionDataset.of(file("d.tsv", "question\tcontext\tanswer\nW\tAnna\tBob\n")))
            .endsWith("d.tsv:2: the context does not have the answer 'Bob'"));
    assertTrue(
        refusal(QuestionDataset.of(file("e.csv", "question,context\nWho?,Anna\n")))
            .contains("no column answer"));
    assertThrows(DataException.class, () -> QuestionDataset.of(file("f.txt", "")));
  }
}
