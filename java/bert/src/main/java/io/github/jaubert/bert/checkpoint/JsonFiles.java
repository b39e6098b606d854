package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads and writes the JSON files of a model folder; errors name file, line and column. */
public final class JsonFiles {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final JsonMapper LAST_COUNTS =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final Logger LOG = LoggerFactory.getLogger(JsonFiles.class);

  private static final String DUPLICATE = "Duplicate field";

  /** What the parser tells programmers. */
  private static final Pattern HINT = Pattern.compile(": enable `.*", Pattern.DOTALL);

  private JsonFiles() {}

  /**
   * A file that holds one JSON object. Of a key that is there twice the last counts, as in Python.
   *
   * @throws CheckpointException if it cannot be read or holds something else
   */
  public static ObjectNode readObject(Path path) {
    return parseSettings(path.toString(), readBytes(path));
  }

  /**
   * A file that holds one JSON array.
   *
   * @throws CheckpointException if it cannot be read or holds something else
   */
  public static ArrayNode readArray(Path path) {
    byte[] bytes = readBytes(path);
    if (parse(path.toString(), bytes, false) instanceof ArrayNode array) {
      return array;
    }
    throw new CheckpointException(
        path.toString(), bytes.length == 0 ? "is empty" : "holds no JSON array");
  }

  private static byte[] readBytes(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw CheckpointException.unreadable(path.toString(), e);
    } catch (OutOfMemoryError e) {
      throw tooLarge(path.toString(), e);
    }
  }

  /** The same of bytes that were read from {@code file}. */
  public static ObjectNode parseSettings(String file, byte[] bytes) {
    return object(file, bytes, parse(file, bytes, true));
  }

  /** The same, but a key that is there twice is refused, as others may read the first. */
  public static ObjectNode parseObject(String file, byte[] bytes) {
    return object(file, bytes, parse(file, bytes, false));
  }

  private static ObjectNode object(String file, byte[] bytes, JsonNode node) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new CheckpointException(file, bytes.length == 0 ? "is empty" : "holds no JSON object");
  }

  private static JsonNode parse(String file, byte[] bytes, boolean lastCounts) {
    LfsPointer.refuse(file, bytes);
    try {
      return MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      if (lastCounts && e.getOriginalMessage().startsWith(DUPLICATE)) {
        return parseLast(file, bytes, e.getOriginalMessage());
      }
      JsonLocation at = e.getLocation();
      String place =
          at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
      throw new CheckpointException(
          file,
          "is not valid JSON"
              + place
              + ": "
              + HINT.matcher(e.getOriginalMessage()).replaceFirst(""),
          e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    } catch (OutOfMemoryError e) {
      throw tooLarge(file, e);
    }
  }

  private static JsonNode parseLast(String file, byte[] bytes, String duplicate) {
    try {
      JsonNode node = LAST_COUNTS.readTree(bytes);
      LOG.warn("{}: {}: the last one counts", file, CheckpointException.shortened(duplicate));
      return node;
    } catch (IOException e) {
      throw new CheckpointException(file, "is not valid JSON: " + e.getMessage(), e);
    }
  }

  private static CheckpointException tooLarge(String file, OutOfMemoryError cause) {
    return new CheckpointException(
        file,
        "does not fit into memory; give Java more with -Xmx if it is what it should be",
        cause);
  }

  /** A new object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * An object or an array as UTF-8 text, indented by two spaces as Hugging Face's files are, with a
   * newline at the end.
   */
  public static byte[] format(ContainerNode<?> object) {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new HuggingFacePrinter();
    printer.indentObjectsWith(indenter);
    printer.indentArraysWith(indenter);
    try {
      return (MAPPER.writer(printer).writeValueAsString(object) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes always has a text
    }
  }

  /** {@code "key": value} rather than Jackson's {@code "key" : value}. */
  private static final class HuggingFacePrinter extends DefaultPrettyPrinter {
    private static final long serialVersionUID = 1;

    @Override
    public DefaultPrettyPrinter createInstance() {
      HuggingFacePrinter copy = new HuggingFacePrinter();
      copy._objectIndenter = _objectIndenter;
      copy._arrayIndenter = _arrayIndenter;
      return copy;
    }

    @Override
    public void writeObjectFieldValueSeparator(com.fasterxml.jackson.core.JsonGenerator generator)
        throws IOException {
      generator.writeRaw(": ");
    }
  }
}
