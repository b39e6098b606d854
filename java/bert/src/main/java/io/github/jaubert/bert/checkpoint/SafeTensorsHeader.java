package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: 8 bytes with its length (little-endian), then that many bytes
 * of JSON, {@code {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
 * "__metadata__": {...}}}, then the data.
 *
 * <p>Every claim is checked before anything is used: the data must be covered exactly, without a
 * gap, an overlap or a rest, and each tensor must have the bytes that its type and shape need.
 *
 * @param tensors by name, in order of their data
 * @param metadata the strings under {@code __metadata__}
 * @param dataStart the byte of the file where the data begin
 */
record SafeTensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata, long dataStart) {
  /** Bytes of the length before the JSON. */
  static final int LENGTH_BYTES = 8;

  /** The longest JSON that is read: the format's own limit. */
  static final long MAX_BYTES = 100_000_000;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /**
   * One tensor.
   *
   * @param begin its first byte, counted from the start of the data
   * @param end one past its last byte
   */
  record Entry(String name, SafeTensorsType type, Shape shape, long begin, long end) {}

  /**
   * Reads and checks the JSON.
   *
   * @param file for messages
   * @param json the JSON without the length before it
   * @param fileSize the size of the whole file
   * @throws CheckpointException if anything is wrong
   */
  static SafeTensorsHeader parse(String file, byte[] json, long fileSize) {
    List<Entry> entries = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    try (JsonParser parser = JSON.createParser(json)) {
      expect(file, parser, parser.nextToken(), JsonToken.START_OBJECT, "the header");
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (name.equals("__metadata__")) {
          readMetadata(file, parser, metadata);
        } else {
          entries.add(readEntry(file, parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw bad(file, parser, "there is something behind the JSON object");
      }
    } catch (JsonProcessingException e) {
      String kind = e instanceof JsonParseException ? "is not valid JSON" : "is refused";
      long offset =
          LENGTH_BYTES + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset());
      throw new CheckpointException(
          file, "the header " + kind + " at byte " + offset + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
    long dataStart = LENGTH_BYTES + json.length;
    return new SafeTensorsHeader(
        cover(file, entries, fileSize - dataStart),
        Collections.unmodifiableMap(metadata),
        dataStart);
  }

  private static void readMetadata(String file, JsonParser parser, Map<String, String> metadata)
      throws IOException {
    expect(file, parser, parser.nextToken(), JsonToken.START_OBJECT, "__metadata__");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      expect(
          file, parser, parser.nextToken(), JsonToken.VALUE_STRING, "__metadata__ '" + key + "'");
      metadata.put(key, parser.getText());
    }
  }

  private static Entry readEntry(String file, JsonParser parser, String name) throws IOException {
    SafeTensorsType type = null;
    Shape shape = null;
    long[] offsets = null;
    String what = "tensor '" + name + "'";
    expect(file, parser, parser.nextToken(), JsonToken.START_OBJECT, what);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "dtype" -> {
          expect(file, parser, parser.currentToken(), JsonToken.VALUE_STRING, what + " dtype");
          type = SafeTensorsType.parse(parser.getText());
          if (type == null) {
            throw bad(file, parser, what + " has the unknown dtype '" + parser.getText() + "'");
          }
        }
        case "shape" -> shape = shape(file, parser, what, readLongs(file, parser, what + " shape"));
        case "data_offsets" -> offsets = readLongs(file, parser, what + " data_offsets");
        default -> throw bad(file, parser, what + " has the unknown field '" + key + "'");
      }
    }
    if (type == null || shape == null || offsets == null) {
      throw bad(file, parser, what + " lacks dtype, shape or data_offsets");
    }
    if (offsets.length != 2) {
      throw bad(file, parser, what + " has " + offsets.length + " data_offsets instead of 2");
    }
    return new Entry(name, type, shape, offsets[0], offsets[1]);
  }

  private static Shape shape(String file, JsonParser parser, String what, long[] sizes) {
    try {
      return Shape.of(sizes);
    } catch (IllegalArgumentException e) {
      throw bad(file, parser, what + ": " + e.getMessage());
    }
  }

  private static long[] readLongs(String file, JsonParser parser, String what) throws IOException {
    expect(file, parser, parser.currentToken(), JsonToken.START_ARRAY, what);
    List<Long> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(file, parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
      long value = parser.getLongValue();
      if (value < 0) {
        throw bad(file, parser, what + " has the negative value " + value);
      }
      values.add(value);
    }
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** Checks that the tensors, sorted by place, cover the data exactly. */
  private static Map<String, Entry> cover(String file, List<Entry> entries, long dataSize) {
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    Map<String, Entry> sorted = new LinkedHashMap<>();
    long reached = 0;
    Entry previous = null;
    for (Entry entry : entries) {
      String what =
          "tensor '"
              + entry.name()
              + "' (bytes "
              + entry.begin()
              + " to "
              + entry.end()
              + " of the data)";
      if (entry.end() < entry.begin()) {
        throw new CheckpointException(file, what + " ends before it begins");
      }
      if (entry.end() > dataSize) {
        throw new CheckpointException(
            file,
            what
                + " reaches beyond the file, which has "
                + dataSize
                + " bytes of data: truncated?");
      }
      if (entry.begin() != reached) {
        throw new CheckpointException(
            file,
            what
                + (entry.begin() < reached
                    ? " overlaps tensor '" + (previous == null ? "" : previous.name()) + "'"
                    : " leaves a gap: the data before it end at " + reached));
      }
      long bytes;
      try {
        bytes = Math.multiplyExact(entry.shape().numel(), (long) entry.type().bytes());
      } catch (ArithmeticException e) {
        bytes = Long.MAX_VALUE;
      }
      if (entry.end() - entry.begin() != bytes) {
        throw new CheckpointException(
            file,
            what + " should have " + bytes + " bytes: it is " + entry.type() + " " + entry.shape());
      }
      sorted.put(entry.name(), entry);
      reached = entry.end();
      previous = entry;
    }
    if (reached != dataSize) {
      throw new CheckpointException(
          file,
          "the tensors end at byte " + reached + " of the data, but the file has " + dataSize);
    }
    return Collections.unmodifiableMap(sorted);
  }

  private static void expect(
      String file, JsonParser parser, JsonToken found, JsonToken wanted, String what) {
    if (found != wanted) {
      throw bad(file, parser, what + " is " + found + " where " + wanted + " is needed");
    }
  }

  private static CheckpointException bad(String file, JsonParser parser, String reason) {
    return new CheckpointException(
        file,
        "header, byte "
            + (LENGTH_BYTES + Math.max(0, parser.currentTokenLocation().getByteOffset()))
            + ": "
            + reason);
  }
}
