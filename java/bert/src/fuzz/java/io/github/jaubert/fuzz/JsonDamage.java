package io.github.jaubert.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Damages to the structure of a JSON file. */
public final class JsonDamage {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What may stand in place of any value; not all of it is JSON. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "1",
          "-1",
          "2",
          "7",
          "40",
          "63",
          "64",
          "1000",
          "0.5",
          "-0.0",
          "1e400",
          "-1e400",
          "1e308",
          "1e-400",
          "NaN",
          "Infinity",
          "100000",
          "10000000",
          "16777216",
          "2147483647",
          "2147483648",
          "-2147483648",
          "4294967295",
          "4294967296",
          "9007199254740993",
          "9223372036854775807",
          "18446744073709551615",
          "18446744073709551616",
          "1099511627776",
          "1" + "0".repeat(400),
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "[0]",
          "[\"\"]",
          "{\"\":null}",
          "\"\"",
          "\" \"",
          "\"a\"",
          "\"\\u0000\"",
          "\"a\\u0000b\"",
          "\"\\ud800\"",
          "\"\\udc00x\"",
          "\"😀\"",
          "\"é\"",
          "\"[UNK]\"",
          "\"[SEP]\"",
          "\"A\"",
          "\"B\"",
          "\"-1\"",
          "\"5\"",
          "\"#\"",
          "\"\\n\"",
          "\"\\u200b\"",
          "\"\\uffff\"",
          "\"" + "x".repeat(5000) + "\"",
          "\"" + "é ".repeat(600_000) + "\"",
          "[".repeat(10_000) + "]".repeat(10_000),
          "[".repeat(200) + "]".repeat(200),
          "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
          "[" + "0,".repeat(100_000) + "0]");

  private final RandomGenerator random;
  private final List<JsonNode> spare;

  /**
   * Damages of one case.
   *
   * @param spare values that are odd where they may stand in such a file
   */
  public JsonDamage(RandomGenerator random, List<JsonNode> spare) {
    this.random = random;
    this.spare = spare;
  }

  /** A place in a tree: a container, and the key or index in it. */
  private record Place(JsonNode parent, String key, int index, String path) {
    JsonNode value() {
      return parent.isObject() ? parent.get(key) : parent.get(index);
    }

    void set(JsonNode value) {
      if (parent instanceof ObjectNode object) {
        object.set(key, value);
      } else {
        ((ArrayNode) parent).set(index, value);
      }
    }
  }

  /** Damages a tree in one way; says which. */
  public String apply(ObjectNode root) {
    Place place = place(root);
    if (place == null) {
      return "nothing to damage";
    }
    String did =
        switch (random.nextInt(14)) {
          case 0, 1 -> remove(place);
          case 2 -> twice(place);
          case 3 -> {
            String text = VALUES.get(random.nextInt(VALUES.size()));
            place.set(raw(text));
            yield "is " + start(text);
          }
          case 4 -> {
            place.set(place.value().isArray() ? NODES.arrayNode() : NODES.objectNode());
            yield "emptied";
          }
          case 5 -> {
            Place from = place;
            place = place(root, like(from.value()));
            place.set(from.value().deepCopy());
            yield "is a copy of " + from.path;
          }
          case 6 -> rename(place);
          case 7, 8 -> {
            place = place(root, JsonNode::isNumber);
            yield number(place, place.value());
          }
          case 9 -> {
            place = place(root, JsonNode::isTextual);
            yield text(place, place.value());
          }
          case 10 -> {
            place = place(root, JsonNode::isBoolean);
            place.set(NODES.booleanNode(!place.value().asBoolean()));
            yield "is " + place.value();
          }
          case 11, 12 -> {
            JsonNode odd =
                spare.isEmpty() ? NODES.nullNode() : spare.get(random.nextInt(spare.size()));
            place = place(root, like(odd));
            place.set(odd.deepCopy());
            yield "is " + start(odd.toString());
          }
          default -> reorder(place, place.value());
        };
    return place.path + " " + did;
  }

  private static String start(String text) {
    return text.substring(0, Math.min(120, text.length()));
  }

  /** Values that another may stand for: objects with the same first key, or of the same type. */
  private static Predicate<JsonNode> like(JsonNode other) {
    return value ->
        other.isObject() && !other.isEmpty()
            ? value.has(other.fieldNames().next())
            : value.getNodeType() == other.getNodeType();
  }

  /** A place with such a value, if one is found soon. */
  private Place place(JsonNode root, Predicate<JsonNode> wanted) {
    Place place = place(root);
    for (int i = 0; i < 30 && !wanted.test(place.value()); i++) {
      place = place(root);
    }
    return place;
  }

  private String remove(Place place) {
    if (place.parent instanceof ObjectNode object) {
      object.remove(place.key);
    } else {
      ((ArrayNode) place.parent).remove(place.index);
    }
    return "removed";
  }

  private String twice(Place place) {
    JsonNode copy = place.value().deepCopy();
    if (place.parent instanceof ArrayNode array) {
      array.insert(place.index, copy);
      return "twice";
    }
    // A key that is there twice cannot be held in a tree, but in the text of the value before it.
    String key = NODES.textNode(place.key).toString();
    place.set(raw(copy + "," + key + ":" + copy));
    return "twice";
  }

  private String rename(Place place) {
    if (!(place.parent instanceof ObjectNode object)) {
      return remove(place);
    }
    List<String> names = List.of("", "x", "id", "type", "[UNK]", "a b", "\0", "😀", "B");
    String name = names.get(random.nextInt(names.size()));
    JsonNode value = object.remove(place.key);
    object.set(name, value);
    return "renamed to '" + name + "'";
  }

  private String number(Place place, JsonNode value) {
    if (!value.isNumber()) {
      place.set(NODES.numberNode(random.nextInt(80) - 5));
    } else {
      long near = value.asLong() + random.nextInt(5) - 2;
      place.set(
          switch (random.nextInt(4)) {
            case 0 -> NODES.numberNode(near);
            case 1 -> NODES.numberNode(random.nextInt(64));
            case 2 -> NODES.numberNode(1L << random.nextInt(63));
            default -> NODES.numberNode(-value.asLong());
          });
    }
    return "is " + place.value();
  }

  private String text(Place place, JsonNode value) {
    String text = value.isTextual() ? value.asText() : value.toString();
    int at = random.nextInt(text.length() + 1);
    List<String> pieces =
        List.of(
            " ", "\0", "\ud83d", "é", "[", "(", "*", "+", "\\", "|", "##", "▁", "Ġ", "\n", "😀",
            "(a*)*b");
    String changed =
        switch (random.nextInt(4)) {
          case 0 -> text.substring(0, at);
          case 1 -> text + text;
          case 2 -> text.substring(at);
          default ->
              text.substring(0, at)
                  + pieces.get(random.nextInt(pieces.size()))
                  + text.substring(at);
        };
    place.set(NODES.textNode(changed));
    String said = place.value().toString();
    return "is " + said.substring(0, Math.min(80, said.length()));
  }

  private String reorder(Place place, JsonNode value) {
    if (value instanceof ArrayNode array && array.size() > 1) {
      array.add(array.remove(random.nextInt(array.size())));
      return "reordered";
    }
    ArrayNode wrapped = NODES.arrayNode();
    wrapped.add(value);
    place.set(wrapped);
    return "in an array";
  }

  private static JsonNode raw(String text) {
    return NODES.rawValueNode(new RawValue(text));
  }

  /**
   * Any place with equal chance, or one that a walk from the root comes to: otherwise a long
   * vocabulary would get nearly all damage.
   */
  private Place place(JsonNode root) {
    if (random.nextBoolean()) {
      List<Place> all = new ArrayList<>();
      collect(root, "", all);
      return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }
    Place place = null;
    JsonNode node = root;
    while (node.size() > 0 && (place == null || random.nextInt(3) > 0)) {
      List<Place> children = children(node, place == null ? "" : place.path);
      place = children.get(random.nextInt(children.size()));
      node = place.value();
    }
    return place;
  }

  private static void collect(JsonNode node, String path, List<Place> all) {
    for (Place child : children(node, path)) {
      all.add(child);
      collect(child.value(), child.path, all);
    }
  }

  private static List<Place> children(JsonNode node, String path) {
    List<Place> children = new ArrayList<>();
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  children.add(
                      new Place(
                          node,
                          field.getKey(),
                          0,
                          path.isEmpty() ? field.getKey() : path + "." + field.getKey())));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        children.add(new Place(node, null, i, path + "[" + i + "]"));
      }
    }
    return children;
  }
}
