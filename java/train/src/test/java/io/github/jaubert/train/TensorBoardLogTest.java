package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.train.LogEntry.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {
  @TempDir private Path folder;

  /**
   * CRC-32C by its definition, a bit at a time, reflected, then masked as TFRecord files have it.
   */
  private static int maskedCrc(byte[] bytes) {
    int crc = -1;
    for (byte one : bytes) {
      crc ^= one & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  /** The messages of a file, whose checksums are right. */
  private static List<byte[]> records(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertEquals(maskedCrc(length), in.getInt());
      byte[] record = new byte[(int) ByteBuffer.wrap(length).order(in.order()).getLong()];
      in.get(record);
      assertEquals(maskedCrc(record), in.getInt());
      records.add(record);
    }
    return records;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("board"))) {
      return files.sorted().toList();
    }
  }

  private TensorBoardLog started(long step) {
    TensorBoardLog log = new TensorBoardLog(folder.resolve("board"));
    log.started(step, 400, 0, 1);
    return log;
  }

  @Test
  void theChecksumIsTheOneOfTheStandard() {
    // RFC 3720, B.4: 32 bytes of zeros; unmasked as TensorFlow's crc32c.h says.
    int rotated = maskedCrc(new byte[32]) - 0xa282ead8;
    assertEquals(0x8a9136aa, rotated >>> 17 | rotated << 15);
  }

  @Test
  void anEventHasItsFieldsByteByByte() throws IOException {
    TensorBoardLog log = started(0);
    log.logged(new LogEntry(Kind.TRAIN, 300, 1.5, Map.of("loss", 0.25)));
    List<byte[]> records = records(files().get(0));
    assertEquals(3, records.size());
    assertTrue(
        new String(records.get(0), StandardCharsets.ISO_8859_1).endsWith("\u001a\rbrain.Event:2"));
    byte[] event = records.get(2);
    double wall = ByteBuffer.wrap(event, 1, 8).order(ByteOrder.LITTLE_ENDIAN).getDouble();
    assertTrue(wall > 1.7e9, () -> "seconds since 1970: " + wall);
    // 2: step 300; 5: summary of 1: {1: "train/loss", 2: 0.25f} and {1: "train/epoch", 2: 1.5f}
    String tags = hex("train/loss") + "150000803e" + "0a12" + "0a0b" + hex("train/epoch");
    byte[] rest =
        HexFormat.of().parseHex("10ac02" + "2a27" + "0a11" + "0a0a" + tags + "150000c03f");
    byte[] tail = new byte[event.length - 9];
    System.arraycopy(event, 9, tail, 0, tail.length);
    assertArrayEquals(rest, tail);
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aRunThatGoesOnTellsWhereItBegins() throws IOException {
    started(0);
    started(200);
    assertEquals(2, files().size());
    byte[] event = records(files().get(1)).get(1);
    // 2: step 201; 7: session log of 1: START
    assertEquals("10c9013a020801", HexFormat.of().formatHex(event).substring(18));
    started(400); // has nothing left to do
    assertEquals(2, files().size());
  }

  @Test
  void aFolderThatIsAFileIsNamed() throws IOException {
    Files.writeString(folder.resolve("board"), "mine");
    CheckpointException e = assertThrows(CheckpointException.class, () -> started(0));
    assertTrue(e.getMessage().contains("board: cannot be written"), e.getMessage());
  }
}
