package io.github.jaubert.parquet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/**
 * Rows as JSON objects. Lists are arrays, also those that early writers wrote in two levels;
 * structs and maps are objects; dates and times have the form of ISO 8601; bytes that are UTF-8 are
 * texts, whether the file says so or not, and others Base64.
 */
final class RowObjects {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private RowObjects() {}

  static ObjectNode of(Group group) {
    ObjectNode object = JSON.objectNode();
    for (int field = 0; field < group.getType().getFieldCount(); field++) {
      Type type = group.getType().getType(field);
      object.set(type.getName(), field(group, field, type));
    }
    return object;
  }

  private static JsonNode field(Group group, int field, Type type) {
    int count = group.getFieldRepetitionCount(field);
    if (type.isRepetition(Type.Repetition.REPEATED)) {
      ArrayNode array = JSON.arrayNode();
      for (int i = 0; i < count; i++) {
        array.add(value(group, field, i, type));
      }
      return array;
    }
    return count == 0 ? JSON.nullNode() : value(group, field, 0, type);
  }

  private static JsonNode value(Group group, int field, int index, Type type) {
    if (type.isPrimitive()) {
      return primitive(group, field, index, type);
    }
    Group inner = group.getGroup(field, index);
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    if (meaning instanceof ListLogicalTypeAnnotation) {
      return list(inner, type.getName());
    }
    if (meaning instanceof MapLogicalTypeAnnotation) {
      return map(inner);
    }
    return of(inner);
  }

  /** By the format's rules for lists, old ones included (LogicalTypes.md of parquet-format). */
  private static ArrayNode list(Group list, String name) {
    Type repeated = list.getType().getType(0);
    boolean wrapped =
        !repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && !repeated.getName().equals("array")
            && !repeated.getName().equals(name + "_tuple");
    ArrayNode array = JSON.arrayNode();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      if (wrapped) {
        Group element = list.getGroup(0, i);
        array.add(field(element, 0, element.getType().getType(0)));
      } else {
        array.add(value(list, 0, i, repeated));
      }
    }
    return array;
  }

  private static ObjectNode map(Group map) {
    ObjectNode object = JSON.objectNode();
    for (int i = 0; i < map.getFieldRepetitionCount(0); i++) {
      Group entry = map.getGroup(0, i);
      GroupType type = entry.getType();
      String key = field(entry, 0, type.getType(0)).asText();
      object.set(key, type.getFieldCount() < 2 ? null : field(entry, 1, type.getType(1)));
    }
    return object;
  }

  private static JsonNode primitive(Group group, int field, int index, Type type) {
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case INT32 -> integer(group.getInteger(field, index), meaning, true);
      case INT64 -> integer(group.getLong(field, index), meaning, false);
      case INT96 -> JSON.binaryNode(group.getInt96(field, index).getBytes());
      case BINARY, FIXED_LEN_BYTE_ARRAY -> bytes(group.getBinary(field, index), meaning);
    };
  }

  private static JsonNode integer(long value, LogicalTypeAnnotation meaning, boolean narrow) {
    if (meaning instanceof DateLogicalTypeAnnotation) {
      return JSON.textNode(LocalDate.ofEpochDay(value).toString());
    }
    if (meaning instanceof TimestampLogicalTypeAnnotation timestamp) {
      ChronoUnit unit =
          switch (timestamp.getUnit()) {
            case MILLIS -> ChronoUnit.MILLIS;
            case MICROS -> ChronoUnit.MICROS;
            case NANOS -> ChronoUnit.NANOS;
          };
      String instant = Instant.EPOCH.plus(value, unit).toString();
      boolean utc = timestamp.isAdjustedToUTC();
      return JSON.textNode(utc ? instant : instant.substring(0, instant.length() - 1));
    }
    if (meaning instanceof DecimalLogicalTypeAnnotation decimal) {
      return JSON.numberNode(BigDecimal.valueOf(value, decimal.getScale()));
    }
    if (meaning instanceof IntLogicalTypeAnnotation number && !number.isSigned() && value < 0) {
      return narrow
          ? JSON.numberNode(Integer.toUnsignedLong((int) value))
          : JSON.numberNode(new BigInteger(Long.toUnsignedString(value)));
    }
    return JSON.numberNode(value);
  }

  private static JsonNode bytes(Binary binary, LogicalTypeAnnotation meaning) {
    if (meaning instanceof DecimalLogicalTypeAnnotation decimal) {
      return JSON.numberNode(new BigDecimal(new BigInteger(binary.getBytes()), decimal.getScale()));
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(binary.getBytes());
      return JSON.textNode(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException e) {
      return JSON.binaryNode(binary.getBytes());
    }
  }
}
