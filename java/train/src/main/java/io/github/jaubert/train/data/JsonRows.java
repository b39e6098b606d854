package io.github.jaubert.train.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Rows that are JSON objects, one a line, or of a Parquet file. The columns are the keys of the
 * objects so far, in the order they first turn up; a key of an object in an object is a column by
 * its path, such as {@code meta.language}.
 */
final class JsonRows extends TableRows {
  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  /** What gives the objects. */
  private interface Objects extends AutoCloseable {
    /** The next object, null behind the last. */
    ObjectNode next();

    /** The line of the last. */
    long line();

    long bytesRead();

    @Override
    void close();
  }

  private final String source;
  private final Objects objects;
  private final Map<String, Integer> columns = new LinkedHashMap<>();
  private final Map<String, JsonNode> flags = new HashMap<>();
  private ObjectNode object; // of the last row

  private JsonRows(Path file, Objects objects) {
    super(file);
    source = file.toString();
    this.objects = objects;
  }

  /** JSON lines. */
  static JsonRows lines(Path file) {
    Utf8Reader text = new Utf8Reader(file);
    TextLine lines = new TextLine(text, true);
    return new JsonRows(
        file,
        new Objects() {
          @Override
          public ObjectNode next() {
            String line = lines.next();
            while (line != null && line.isBlank()) {
              line = lines.next();
            }
            return line == null ? null : object(file.toString(), lines.number(), line);
          }

          @Override
          public long line() {
            return lines.number();
          }

          @Override
          public long bytesRead() {
            return text.bytesRead();
          }

          @Override
          public void close() {
            text.close();
          }
        });
  }

  /** Parquet, whose rows count as lines. */
  static JsonRows parquet(Path file) {
    RowSource.Rows rows = RowSource.of(file);
    return new JsonRows(
        file,
        new Objects() {
          private long line;

          @Override
          public ObjectNode next() {
            line++;
            try {
              return rows.next();
            } catch (IOException e) {
              throw new DataException(file.toString(), line, e.getMessage());
            }
          }

          @Override
          public long line() {
            return line;
          }

          @Override
          public long bytesRead() {
            return 0;
          }

          @Override
          public void close() {
            rows.close();
          }
        });
  }

  @Override
  List<String> columns() {
    return List.copyOf(columns.keySet());
  }

  @Override
  int width() {
    return columns.size();
  }

  @Override
  Table.Row next() {
    object = objects.next();
    if (object == null) {
      return null;
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    flatten(source, objects.line(), "", object, values);
    Table.Row row = new Table.Row(objects.line(), cells(values, columns));
    values.forEach((key, value) -> flags.merge(key, flags(value), JsonRows::alike));
    return row;
  }

  /** The object that the last row is, as it stands in the file. */
  ObjectNode object() {
    return object;
  }

  @Override
  Map<String, String> flags() {
    Map<String, String> written = new HashMap<>();
    flags.forEach(
        (key, first) -> {
          if (first.isArray()) {
            written.put(key, first.toString().replace(",", ", "));
          }
        });
    return written;
  }

  @Override
  long bytesRead() {
    return objects.bytesRead();
  }

  @Override
  public void close() {
    objects.close();
  }

  /** The value itself if it is an array of at least two zeros and ones, otherwise a null node. */
  private static JsonNode flags(JsonNode value) {
    boolean all = value.isArray() && value.size() >= 2;
    for (JsonNode element : value) {
      double number = element.isNumber() ? element.asDouble() : -1;
      all &= element.isBoolean() || number == 0 || number == 1;
    }
    return all ? value : NullNode.getInstance();
  }

  /** The first of two arrays of flags, if they are of one length. */
  private static JsonNode alike(JsonNode first, JsonNode next) {
    return first.size() == next.size() ? first : NullNode.getInstance();
  }

  static ObjectNode object(String source, long line, String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isObject()) {
        throw new DataException(source, line, "a JSON object was expected, not " + kind(node));
      }
      return (ObjectNode) node;
    } catch (JsonProcessingException e) {
      throw new DataException(
          source, line, "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  /**
   * The values in an object by their paths; an object that is empty counts as null. What the
   * objects of an array have under a key is an array.
   */
  static void flatten(
      String source, long line, String prefix, JsonNode object, Map<String, JsonNode> values) {
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      String path = prefix + entry.getKey();
      if (entry.getValue().isObject() && !entry.getValue().isEmpty()) {
        flatten(source, line, path + ".", entry.getValue(), values);
      } else if (isOfObjects(entry.getValue())) {
        flatten(source, line, path + ".", transposed(entry.getValue()), values);
      } else if (values.put(path, entry.getValue()) != null) {
        throw new DataException(
            source, line, path + " is a key, and also a key of an object within the object");
      }
    }
  }

  private static boolean isOfObjects(JsonNode value) {
    boolean all = value.isArray() && !value.isEmpty();
    for (JsonNode element : value) {
      all &= element.isObject() && !element.isEmpty();
    }
    return all;
  }

  /** Of an array of objects an object of arrays, which have null where an object lacks the key. */
  private static ObjectNode transposed(JsonNode objects) {
    ObjectNode arrays = JsonNodeFactory.instance.objectNode();
    for (JsonNode object : objects) {
      object.fieldNames().forEachRemaining(arrays::putArray);
    }
    arrays
        .properties()
        .forEach(
            e -> objects.forEach(object -> ((ArrayNode) e.getValue()).add(object.get(e.getKey()))));
    return arrays;
  }

  private static List<List<String>> cells(
      Map<String, JsonNode> values, Map<String, Integer> columns) {
    List<List<String>> cells = padded(List.of(), columns.size());
    values.forEach(
        (key, value) -> {
          int column = columns.computeIfAbsent(key, k -> columns.size());
          if (column == cells.size()) {
            cells.add(null);
          }
          cells.set(column, cell(value));
        });
    return cells;
  }

  static List<String> cell(JsonNode value) {
    if (value.isNull() || value.isObject()) {
      return null;
    }
    if (value.isValueNode()) {
      return List.of(value.asText());
    }
    List<String> cell = new ArrayList<>();
    for (JsonNode element : value) {
      if (!element.isValueNode() || element.isNull()) {
        return Table.NESTED;
      }
      cell.add(element.asText());
    }
    return cell;
  }

  private static List<List<String>> padded(List<List<String>> cells, int size) {
    List<List<String>> padded = new ArrayList<>(cells);
    while (padded.size() < size) {
      padded.add(null);
    }
    return padded;
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "an array";
      case OBJECT -> "an object";
      case MISSING -> "nothing";
      default -> "a " + node.getNodeType().name().toLowerCase(Locale.ROOT);
    };
  }
}
