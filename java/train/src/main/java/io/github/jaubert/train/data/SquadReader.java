package io.github.jaubert.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Questions of a file as Rajpurkar et al. 2016 and 2018 wrote SQuAD. */
final class SquadReader {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private final Path file;
  private final String source;

  SquadReader(Path file) {
    this.file = file;
    source = file.toString();
  }

  /**
   * Reads all questions.
   *
   * @throws DataException naming the place, if anything is not as it should be
   */
  List<Question> read() {
    List<Question> questions = new ArrayList<>();
    JsonNode root = root();
    if (!root.isObject()) {
      throw new DataException(source, "a JSON object with 'data' was expected");
    }
    int article = 0;
    for (JsonNode one : array(root, "data", "the file")) {
      int paragraph = 0;
      for (JsonNode part : array(one, "paragraphs", "data[" + article + "]")) {
        String where = "data[%d].paragraphs[%d]".formatted(article, paragraph++);
        String context = text(part, "context", where);
        int number = 0;
        for (JsonNode qa : array(part, "qas", where)) {
          questions.add(question(qa, context, where + ".qas[" + number++ + "]"));
        }
      }
      article++;
    }
    return questions;
  }

  private JsonNode root() {
    try {
      return JSON.readTree(Utf8.read(file));
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw new DataException(
          source, line, "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  private Question question(JsonNode qa, String context, String where) {
    String id = qa.path("id").isValueNode() ? qa.path("id").asText() : where;
    List<Question.Answer> answers = new ArrayList<>();
    if (!qa.path("is_impossible").asBoolean(false)) {
      for (JsonNode answer : array(qa, "answers", where)) {
        JsonNode start = answer.path("answer_start");
        if (!start.isIntegralNumber()) {
          throw new DataException(source, where + ": answer_start is no whole number");
        }
        answers.add(
            QuestionTableReader.answer(
                text(answer, "text", where + ".answers"), start.asInt(), context));
      }
    }
    try {
      return new Question(id, text(qa, "question", where), context, answers, 0);
    } catch (IllegalArgumentException e) {
      throw new DataException(source, where + ": " + e.getMessage(), e);
    }
  }

  private JsonNode array(JsonNode object, String key, String where) {
    JsonNode value = object.path(key);
    if (!value.isArray()) {
      throw new DataException(source, where + " has no array '" + key + "', as SQuAD's files have");
    }
    return value;
  }

  private String text(JsonNode object, String key, String where) {
    JsonNode value = object.path(key);
    if (!value.isTextual()) {
      throw new DataException(source, where + " has no text '" + key + "'");
    }
    return value.asText();
  }
}
