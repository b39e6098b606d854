package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {
  private static final String TWO =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]},\"__metadata__\":{\"format\":\"pt\"}}";

  @TempDir Path folder;

  private Path file(byte[] bytes) {
    Path file = folder.resolve("model.safetensors");
    TestFiles.write(file, bytes);
    return file;
  }

  private static byte[] two() {
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    return TestFiles.safeTensors(TWO, data.putFloat(1.5f).putFloat(-2).putLong(7).array());
  }

  @Test
  void readsNamesShapesValuesAndMetadata() {
    try (SafeTensors tensors = SafeTensors.open(file(two()))) {
      assertEquals(List.of("a", "b"), List.copyOf(tensors.names()));
      assertEquals(Shape.of(2), tensors.shape("a"));
      assertEquals(Shape.SCALAR, tensors.shape("b"));
      assertArrayEquals(new float[] {1.5f, -2}, tensors.floats("a"));
      assertArrayEquals(new float[] {7}, tensors.floats("b"));
      assertEquals("I64", tensors.type("b"));
      assertEquals(Map.of("format", "pt"), tensors.metadata());
      assertThrows(IllegalArgumentException.class, () -> tensors.floats("c"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Entry not found",
        "<!DOCTYPE html>\n<html>",
        "Access to this model is restricted."
      })
  void whatAServerSaidInPlaceOfAFileIsQuoted(String said) {
    Path file = file(said.getBytes(StandardCharsets.US_ASCII));
    String message =
        assertThrows(CheckpointException.class, () -> SafeTensors.open(file)).getMessage();
    String expected =
        "is a text, '%s …', perhaps what a server said in place of the file; download it again";
    assertEquals(file + ": " + expected.formatted(said.replace('\n', ' ')), message);
  }

  @Test
  void aFileThatIsCutAfterItWasOpenedIsRefused() throws IOException {
    Path file = file(two());
    try (SafeTensors tensors = SafeTensors.open(file)) {
      TestFiles.write(file, Arrays.copyOf(two(), two().length - 4));
      assertArrayEquals(new float[] {1.5f, -2}, tensors.floats("a"));
      String message =
          assertThrows(CheckpointException.class, () -> tensors.floats("b")).getMessage();
      assertTrue(message.startsWith(file + ": ends in tensor 'b'"), message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F64, 3FF8000000000000, 1.5",
    "F32, 7F7FFFFF, 3.4028235e38",
    "F16, 3E00, 1.5",
    "F16, 7BFF, 65504",
    "F16, 0001, 5.9604645e-8",
    "F16, 83FF, -6.097555e-5",
    "F16, 8000, -0.0",
    "F16, FC00, -Infinity",
    "F16, 7E00, NaN",
    "BF16, 3FC0, 1.5",
    "BF16, C000, -2",
    "I64, FFFFFFFFFFFFFFFD, -3",
    "U64, FFFFFFFFFFFFFFFF, 1.8446744e19",
    "I32, FFFFFFFD, -3",
    "U32, FFFFFFFF, 4.2949673e9",
    "I16, FFFD, -3",
    "U16, FFFD, 65533",
    "I8, FD, -3",
    "U8, FD, 253",
    "BOOL, 01, 1"
  })
  void convertsEveryTypeToSingle(String dtype, String hex, float expected) {
    int bytes = hex.length() / 2;
    byte[] data = new byte[bytes];
    for (int i = 0; i < bytes; i++) { // the file is little-endian, the table is not
      data[i] = (byte) Integer.parseInt(hex.substring(2 * (bytes - 1 - i), 2 * (bytes - i)), 16);
    }
    String header =
        "{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":[1],\"data_offsets\":[0," + bytes + "]}}";
    try (SafeTensors tensors = SafeTensors.open(file(TestFiles.safeTensors(header, data)))) {
      assertArrayEquals(new float[] {expected}, tensors.floats("x"));
    }
  }

  @Test
  void everyHalfBecomesTheSameSingleAsByArithmetic() {
    for (int bits = 0; bits < 0x7C00; bits++) {
      int exponent = bits >>> 10;
      double mantissa = bits & 0x3FF;
      double expected =
          exponent == 0
              ? mantissa * Math.pow(2, -24)
              : (1 + mantissa / 1024) * Math.pow(2, exponent - 15);
      assertEquals((float) expected, SafeTensorsType.halfToFloat((short) bits));
      assertEquals((float) -expected, SafeTensorsType.halfToFloat((short) (bits | 0x8000)));
    }
  }

  /** What is wrong with a header, and what the message says of it. The data have 16 bytes. */
  static final List<List<String>> LIES =
      List.of(
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]}}",
              "reaches beyond the file"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
              "end at byte 12 of the data, but the file has 16"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,16]}}",
              "should have 12 bytes"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[4,16]}}", "leaves a gap"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                  + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
              "overlaps tensor 'a'"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}",
              "ends before it begins"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}",
              "negative value -4"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-1,16]}}",
              "negative value -1"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16,32]}}",
              "3 data_offsets"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4.5],\"data_offsets\":[0,16]}}",
              "VALUE_NUMBER_INT is needed"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,16]}}",
              "START_ARRAY is needed"),
          List.of(
              "{\"a\":{\"dtype\":\"F31\",\"shape\":[4],\"data_offsets\":[0,16]}}",
              "unknown dtype 'F31'"),
          List.of(
              "{\"a\":{\"shape\":[4],\"data_offsets\":[0,16]}}",
              "lacks dtype, shape or data_offsets"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"x\":1}}",
              "unknown field 'x'"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,16]}}",
              "has more elements than a long can count"),
          List.of(
              "{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904],\"data_offsets\":[0,16]}}",
              "should have 9223372036854775807 bytes"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,16]}}",
              "is refused"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,16]}}",
              "9 axes"),
          List.of(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
                  + "\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
              "Duplicate field 'a'"),
          List.of("{\"__metadata__\":{\"format\":1}}", "VALUE_STRING is needed"),
          List.of("{\"a\":[]}", "START_OBJECT is needed"),
          List.of("[]", "START_OBJECT is needed"),
          List.of("{} {}", "behind the JSON object"),
          List.of("{\"a\":", "is not valid JSON at byte"),
          List.of("{\"a\":" + "[".repeat(5000), "header, byte"),
          List.of("not json", "is not valid JSON at byte"));

  @Test
  void refusesHeadersThatLie() {
    for (List<String> lie : LIES) {
      Path file = file(TestFiles.safeTensors(lie.get(0), new byte[16]));
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> SafeTensors.open(file), lie.get(0));
      assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
      assertTrue(e.getMessage().contains(lie.get(1)), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001L, 1L << 40, 300})
  void refusesAHeaderLengthThatIsNotPossible(long length) {
    byte[] bytes = two();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    Path file = file(bytes);
    CheckpointException e = assertThrows(CheckpointException.class, () -> SafeTensors.open(file));
    assertTrue(e.getMessage().startsWith(file + ": byte 0: a header of "), e.getMessage());
  }

  @Test
  void refusesAFileTruncatedAnywhere() {
    byte[] whole = two();
    for (int size = 0; size < whole.length; size++) {
      Path file = file(Arrays.copyOf(whole, size));
      assertThrows(
          CheckpointException.class, () -> SafeTensors.open(file), "cut to " + size + " bytes");
    }
  }

  @Test
  void changedBytesAreReadOrRefusedButNothingElse() {
    Random random = new Random(5);
    byte[] whole = two();
    int header = whole.length - 16;
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] changed = whole.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        changed[random.nextInt(header)] = (byte) random.nextInt(256);
      }
      try (SafeTensors tensors = SafeTensors.open(file(changed))) {
        for (String name : tensors.names()) {
          tensors.floats(name);
        }
      } catch (CheckpointException e) {
        refused++;
      }
    }
    assertTrue(refused > 1500, refused + " of 3000 refused");
  }

  @Test
  void readsShardsByTheirIndex() {
    shards("model-00002-of-00002.safetensors");
    try (StateDict tensors = StateDict.openFolder(folder)) {
      assertEquals(List.of("a", "b", "c"), List.copyOf(tensors.names()));
      assertArrayEquals(new float[] {7}, tensors.floats("b"));
      assertArrayEquals(new float[] {3}, tensors.floats("c"));
      assertTrue(tensors.file("c").endsWith("model-00002-of-00002.safetensors"));
      assertTrue(tensors.source().endsWith("model.safetensors.index.json"));
      assertThrows(IllegalArgumentException.class, () -> tensors.shape("d"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "model-00003-of-00003.safetensors, no such file",
    "model-00001-of-00002.safetensors, but it does not",
    "../model-00002-of-00002.safetensors, as the file of 'c'",
    "/etc/passwd, as the file of 'c'",
    "'', as the file of 'c'"
  })
  void refusesAnIndexThatLies(String shardOfC, String message) {
    shards(shardOfC);
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> StateDict.openFolder(folder));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private void shards(String shardOfC) {
    TestFiles.write(folder.resolve("model-00001-of-00002.safetensors"), two());
    TestFiles.write(
        folder.resolve("model-00002-of-00002.safetensors"),
        TestFiles.safeTensors(
            "{\"c\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", new byte[] {3}));
    TestFiles.write(
        folder.resolve("model.safetensors.index.json"),
        "{\"metadata\":{\"total_size\":17},\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\","
            + "\"b\":\"model-00001-of-00002.safetensors\",\"c\":\""
            + shardOfC
            + "\"}}");
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Path none = folder.resolve("none");
    assertEquals(
        none + ": no such folder",
        assertThrows(CheckpointException.class, () -> StateDict.openFolder(none)).getMessage());
    assertEquals(
        none + ": cannot be read: no such file",
        assertThrows(CheckpointException.class, () -> SafeTensors.open(none)).getMessage());
    assertEquals(
        folder
            + ": holds neither model.safetensors nor pytorch_model.bin, whole or in shards with an"
            + " index",
        assertThrows(CheckpointException.class, () -> StateDict.openFolder(folder)).getMessage());
    Files.createDirectory(none);
    assertEquals(
        none + ": is a folder; a safetensors file is needed",
        assertThrows(CheckpointException.class, () -> SafeTensors.open(none)).getMessage());
  }
}
