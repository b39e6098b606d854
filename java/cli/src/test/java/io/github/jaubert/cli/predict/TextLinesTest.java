package io.github.jaubert.cli.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.train.data.DataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextLinesTest {
  /** Gives so many bytes at a time, as a pipe may. */
  private static InputStream parts(byte[] bytes, int size) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public int read(byte[] to, int from, int count) {
        return super.read(to, from, Math.min(count, size));
      }
    };
  }

  private static List<String> lines(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<String> whole = lines(new TextLines(new ByteArrayInputStream(bytes), "in"));
    for (int size = 1; size < 4; size++) {
      assertEquals(whole, lines(new TextLines(parts(bytes, size), "in")));
    }
    return whole;
  }

  private static List<String> lines(TextLines in) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = in.next(); line != null; line = in.next()) {
      lines.add(line);
      assertEquals(lines.size(), in.number());
    }
    return lines;
  }

  @Test
  void linesEndInAnyOfThreeWays() throws IOException {
    assertEquals(List.of("a", "b", "c", "d"), lines("a\nb\r\nc\rd"));
    assertEquals(List.of("a", "b"), lines("a\r\nb\r\n"));
    assertEquals(List.of("a", "b"), lines("a\rb\r"));
    assertEquals(List.of("a", "", "b"), lines("a\r\rb"));
    assertEquals(List.of("a", "", "b"), lines("a\n\rb"));
    assertEquals(List.of("a", "", "b"), lines("a\r\r\nb\n"));
    assertEquals(List.of("", "", "a"), lines("\n\r\na"));
    assertEquals(List.of(" ", "a "), lines(" \na "));
    assertEquals(List.of(), lines(""));
    assertEquals(List.of(""), lines("\n"));
  }

  @Test
  void nothingElseEndsALine() throws IOException {
    String text = "a\fb\u000bc\u2028d\u2029e\u0085f\0g";
    assertEquals(List.of(text, "\0"), lines(text + "\n\0\n"));
  }

  @Test
  void aByteOrderMarkIsNoText() throws IOException {
    assertEquals(List.of("a", "\uFEFFb"), lines("\uFEFFa\n\uFEFFb\n"));
    assertEquals(List.of("", "b"), lines("\uFEFF\nb"));
    assertEquals(List.of(), lines("\uFEFF"));
  }

  @Test
  void bytesThatAreNotUtf8AreNamedByLineAndOffset() throws IOException {
    byte[] bytes = "fine\r\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
    for (int size : new int[] {1, 2, 100}) {
      TextLines in = new TextLines(parts(bytes, size), "in");
      assertEquals("fine", in.next());
      assertEquals(
          "in:2: byte 0xE9 at offset 9 is not UTF-8; convert it, for example with iconv -t UTF-8",
          assertThrows(DataException.class, in::next).getMessage());
    }
    for (byte[] bad : List.of(new byte[] {'a', (byte) 0xC3}, new byte[] {'a', (byte) 0xED, -96})) {
      String message =
          assertThrows(
                  DataException.class,
                  () -> new TextLines(new ByteArrayInputStream(bad), "in").next())
              .getMessage();
      assertTrue(message.contains("in:1: byte 0x") && message.contains("at offset 1 "), message);
    }
  }

  @Test
  void whatIsThereIsReady() throws IOException {
    TextLines in = new TextLines(parts("a\r\nb\nc".getBytes(StandardCharsets.UTF_8), 4), "in");
    assertEquals("a", in.next());
    assertTrue(in.ready());
    in.next();
    in.next();
    assertFalse(in.ready());
  }
}
