package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the inputs and parameters of a request.
 *
 * @param maxTexts see {@link ServeSettings}
 */
record Inputs(JsonNode inputs, JsonNode parameters, int maxTexts) {
  private static final Set<String> FIELDS = Set.of("inputs", "parameters", "options");
  private static final int MOST_ANSWERS = 1000;

  /**
   * What a body holds.
   *
   * @throws RequestException if it is no object with inputs
   */
  static Inputs of(JsonNode request, int maxTexts) {
    if (request == null || !request.isObject()) {
      throw RequestException.bad("the body is %s; an object with \"inputs\"", kind(request));
    }
    refuseOthers("field", request, FIELDS);
    JsonNode inputs = request.get("inputs");
    if (inputs == null || inputs.isNull()) {
      throw RequestException.bad("there are no \"inputs\"");
    }
    JsonNode parameters = request.path("parameters");
    if (!parameters.isObject() && !parameters.isMissingNode() && !parameters.isNull()) {
      throw RequestException.bad("parameters: %s; an object", kind(parameters));
    }
    return new Inputs(inputs, parameters, maxTexts);
  }

  private static void refuseOthers(String what, JsonNode object, Set<String> known) {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw RequestException.bad(
                    "unknown %s '%s'; known: %s",
                    what,
                    shortened(name),
                    known.isEmpty() ? "none" : String.join(", ", new TreeSet<>(known)));
              }
            });
  }

  // ---- inputs ----

  /** Whether the inputs are one text rather than a list. */
  boolean isSingle() {
    return !inputs.isArray();
  }

  /** The inputs themselves, or if they are no list the only one. */
  List<JsonNode> all() {
    List<JsonNode> all = new ArrayList<>();
    if (isSingle()) {
      all.add(inputs);
    } else {
      inputs.forEach(all::add);
    }
    requireFew(all.size());
    return all;
  }

  /** One text or a list of texts. */
  List<String> texts() {
    return all().stream().map(one -> text("inputs", one)).toList();
  }

  /** An object with some fields and no others. */
  static JsonNode object(JsonNode one, Set<String> fields) {
    if (!one.isObject()) {
      throw RequestException.bad(
          "inputs: %s; an object with %s", kind(one), String.join(" and ", new TreeSet<>(fields)));
    }
    refuseOthers("input", one, fields);
    return one;
  }

  static String text(JsonNode object, String name) {
    return text(name, object.path(name));
  }

  private static String text(String name, JsonNode node) {
    if (!node.isTextual()) {
      throw RequestException.bad("%s: %s; a text", name, kind(node));
    }
    return node.asText();
  }

  /** A list of texts in an object. */
  List<String> texts(JsonNode object, String name) {
    JsonNode list = object.path(name);
    if (!list.isArray() || list.isEmpty()) {
      throw RequestException.bad("%s: %s; a list of texts", name, kind(list));
    }
    requireFew(list.size());
    List<String> texts = new ArrayList<>();
    list.forEach(one -> texts.add(text(name, one)));
    return texts;
  }

  /** Refuses more texts than a request may have. */
  void requireFew(long texts) {
    if (texts > maxTexts) {
      throw new RequestException(413, "%d texts; a request may have %d".formatted(texts, maxTexts));
    }
  }

  // ---- parameters ----

  /** Refuses other parameters than these. */
  Inputs only(String... names) {
    refuseOthers("parameter", parameters, Set.of(names));
    return this;
  }

  boolean has(String name) {
    return parameters.hasNonNull(name);
  }

  /** A number from 1, or {@code usual} if it is not given. */
  int count(String name, int usual) {
    if (!has(name)) {
      return usual;
    }
    JsonNode value = parameters.get(name);
    if (!value.canConvertToInt()
        || !value.isIntegralNumber()
        || value.asInt() < 1
        || value.asInt() > MOST_ANSWERS) {
      throw RequestException.bad(
          "%s: %s; a whole number from 1 to %d", name, shortened(value.toString()), MOST_ANSWERS);
    }
    return value.asInt();
  }

  boolean flag(String name) {
    if (has(name) && !parameters.get(name).isBoolean()) {
      throw RequestException.bad("%s: %s; true or false", name, kind(parameters.get(name)));
    }
    return parameters.path(name).asBoolean();
  }

  String word(String name, String usual) {
    return has(name) ? text(name, parameters.get(name)) : usual;
  }

  /** A list of texts, or one with commas between, as the hub takes them; null if not given. */
  List<String> words(String name) {
    if (!has(name)) {
      return null;
    }
    JsonNode value = parameters.get(name);
    return value.isTextual() ? List.of(value.asText().split("\\s*,\\s*")) : texts(parameters, name);
  }

  // ---- messages ----

  private static String kind(JsonNode node) {
    if (node == null || node.isMissingNode()) {
      return "nothing";
    }
    return switch (node.getNodeType()) {
      case ARRAY -> node.isEmpty() ? "an empty list" : "a list";
      case OBJECT -> "an object";
      case STRING -> "a text";
      case NUMBER -> "the number " + shortened(node.asText());
      default -> node.asText();
    };
  }

  private static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
