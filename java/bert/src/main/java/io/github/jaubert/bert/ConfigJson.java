package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.nn.Activation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The fields of a config.json. One that is missing or null has the value that the reader names; one
 * of another type is an error that names file, field and value.
 */
public final class ConfigJson {
  private final String file;
  private final ObjectNode json;

  private ConfigJson(String file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  /**
   * Reads the file of a Hugging Face folder. Of an adapter it is what stands for it there, or that
   * of its base with the head that the adapter is for.
   *
   * @throws CheckpointException if it is missing or no JSON object
   */
  public static ConfigJson of(Path folder) {
    Path file = AdapterFolder.config(folder);
    if (Files.exists(file) && !folder.equals(file.getParent())) {
      return of(file.toString(), LoraFolder.withHead(folder, JsonFiles.readObject(file)));
    }
    if (!Files.exists(file)) {
      throw new CheckpointException(
          folder.toString(), Files.isDirectory(folder) ? "has no config.json" : "no such folder");
    }
    return of(file.toString(), JsonFiles.readObject(file));
  }

  /** Fields that were read from {@code file}, which is for messages. */
  public static ConfigJson of(String file, ObjectNode json) {
    return new ConfigJson(file, json);
  }

  /** The file, for messages. */
  public String file() {
    return file;
  }

  /** A field as it stands there; a missing node if it is not there. */
  JsonNode field(String field) {
    return json.path(field);
  }

  /** Whether a field is missing or null. */
  public boolean isAbsent(String field) {
    return json.get(field) == null || json.get(field).isNull();
  }

  /** Refuses another value than the one that is supported; it may be absent. */
  public void mustBe(String field, String wanted, String why) {
    if (!isAbsent(field) && !json.get(field).asText().equals(wanted)) {
      throw new CheckpointException(file, field + " is '" + json.get(field).asText() + "': " + why);
    }
  }

  /** An integer. */
  public int integer(String field, int otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    JsonNode value = json.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw needed(field, "an integer");
    }
    return value.asInt();
  }

  /** An integer, or null if there is none. */
  public Integer integerOrNull(String field) {
    return isAbsent(field) ? null : (Integer) integer(field, 0);
  }

  /** A number. */
  public double number(String field, double otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!json.get(field).isNumber()) {
      throw needed(field, "a number");
    }
    return json.get(field).asDouble();
  }

  /** A text. */
  public String text(String field, String otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!json.get(field).isTextual()) {
      throw needed(field, "a text");
    }
    return json.get(field).asText();
  }

  /** True or false. */
  public boolean flag(String field, boolean otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!json.get(field).isBoolean()) {
      throw needed(field, "true or false");
    }
    return json.get(field).asBoolean();
  }

  /** Whether a field is a text, where a list may stand too. */
  public boolean isText(String field) {
    return json.path(field).isTextual();
  }

  /** Several texts, or null if there are none. */
  public List<String> texts(String field) {
    if (isAbsent(field)) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : json.get(field)) {
      texts.add(text.isTextual() ? text.asText() : null);
    }
    if (!json.get(field).isArray() || texts.contains(null)) {
      throw needed(field, "a list of texts");
    }
    return texts;
  }

  /** The fields inside a field; none if it is missing or null. */
  public ConfigJson object(String field) {
    if (!isAbsent(field) && !json.get(field).isObject()) {
      throw needed(field, "an object");
    }
    return new ConfigJson(
        file + ": " + field, isAbsent(field) ? JsonFiles.object() : (ObjectNode) json.get(field));
  }

  private CheckpointException needed(String field, String what) {
    return new CheckpointException(
        file, field + " is " + json.get(field) + "; " + what + " is needed");
  }

  /** What is made of the fields; values that it refuses are an error of the file. */
  public <C> C checked(Supplier<C> config) {
    try {
      return config.get();
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file, e.getMessage(), e);
    }
  }

  // ---- what configs check of their values ----

  /**
   * Checks a size.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static void atLeastOne(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + " is " + value + "; it must be at least 1");
    }
  }

  /**
   * Checks a probability of dropout.
   *
   * @throws IllegalArgumentException if it is not in [0, 1)
   */
  public static void probability(String field, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(field + " is " + value + "; it must be in [0, 1)");
    }
  }

  /**
   * Checks that heads share the width of the hidden states evenly.
   *
   * @throws IllegalArgumentException if they do not, or one of the two is less than 1
   */
  public static void multiple(String sizeField, int size, String headsField, int heads) {
    atLeastOne(sizeField, size);
    atLeastOne(headsField, heads);
    if (size % heads != 0) {
      throw new IllegalArgumentException(
          sizeField + " " + size + " is not a multiple of " + headsField + " " + heads);
    }
  }

  /**
   * Checks the token of padding.
   *
   * @throws IllegalArgumentException if the vocabulary has none of this id
   */
  public static void padding(int padTokenId, int vocabSize) {
    if (padTokenId < 0 || padTokenId >= vocabSize) {
      throw new IllegalArgumentException(
          "pad_token_id " + padTokenId + " is not among the " + vocabSize + " tokens");
    }
  }

  /**
   * An activation by Hugging Face's name.
   *
   * @throws IllegalArgumentException if the name is not one of them
   */
  public static Activation activation(String field, String name) {
    return switch (name) {
      case "gelu" -> Activation.GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "relu" -> Activation.RELU;
      default ->
          throw new IllegalArgumentException(
              field + " '" + name + "' is not one of gelu, gelu_new, gelu_pytorch_tanh, relu");
    };
  }
}
