package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.ZstdCompressCtx;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.data.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream packed = new GZIPOutputStream(out)) {
      packed.write(bytes);
    }
    return out.toByteArray();
  }

  private static List<List<String>> documents(Corpus corpus) {
    List<List<String>> documents = new ArrayList<>();
    try (Stream<Paragraph> paragraphs = corpus.paragraphs()) {
      paragraphs.forEach(
          paragraph -> {
            if (paragraph.first()) {
              documents.add(new ArrayList<>());
            }
            documents.get(documents.size() - 1).add(paragraph.text());
          });
    }
    return documents;
  }

  private static String refusal(Corpus corpus) {
    return assertThrows(DataException.class, () -> documents(corpus)).getMessage();
  }

  @Test
  void aBlankLineEndsADocument() throws IOException {
    Path file = file("a.txt", "\n \none\ntwo\n\t\n\n\nthree");
    assertEquals(List.of(List.of("one", "two"), List.of("three")), documents(Corpus.of(file)));
    assertEquals(
        List.of(List.of("one"), List.of("two"), List.of("three")),
        documents(Corpus.of(file).lines()));
    assertEquals(
        List.of("one", "\uFEFFtwo"),
        read(file("b.txt", "\uFEFFone\n\uFEFFtwo")),
        "byte order mark");
    List<String> texts = new ArrayList<>();
    Corpus.of(file).texts().forEach(texts::add);
    assertEquals(List.of("one", "two", "three"), texts);
  }

  @Test
  void aFileEndsADocumentToo() throws IOException {
    Path first = file("a.txt", "one\ntwo");
    Path second = file("b.txt", "three\n");
    assertEquals(
        List.of(List.of("three"), List.of("one", "two")), documents(Corpus.of(second, first)));
  }

  @Test
  void aFolderIsReadInTheOrderOfNamesWithoutHiddenFiles() throws IOException {
    file("in/b/2.txt", "four");
    file("in/b/10.txt", "three");
    file("in/a.txt", "one");
    file("in/b.txt", "two");
    file("in/.hidden", "no");
    file("in/.git/x.txt", "no");
    file("in/empty.txt", "");
    assertEquals(
        List.of(List.of("one"), List.of("two"), List.of("three"), List.of("four")),
        documents(Corpus.of(folder.resolve("in"))));
  }

  /** Random lines with every kind of end, plain and packed, over several buffers. */
  @Test
  void linesAreThoseOfTheText() throws IOException {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    for (int round = 0; round < 8; round++) {
      List<String> lines = new ArrayList<>();
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "\uFEFF" : "");
      for (int i = random.nextInt(300); i >= 0; i--) {
        String line = "é東😀x\uFFFD".repeat(random.nextInt(random.nextInt(20) == 0 ? 9000 : 30)) + i;
        lines.add(line);
        text.append(line).append(List.of("\n", "\r\n", "\r").get(random.nextInt(3)));
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      byte[] packed = gzip(bytes);
      byte[] twoMembers = Arrays.copyOf(packed, 2 * packed.length);
      System.arraycopy(packed, 0, twoMembers, packed.length, packed.length);
      List<String> expected = new ArrayList<>(lines);
      assertEquals(expected, read(file("x", bytes)), "seed " + seed);
      assertEquals(expected, read(file("x.gz", packed)), "seed " + seed);
      if (text.charAt(0) != '\uFEFF') { // which only counts at the start of a file
        expected.addAll(lines);
        assertEquals(expected, read(file("2.gz", twoMembers)), "seed " + seed);
      }
    }
  }

  private static List<String> read(Path file) {
    List<String> lines = new ArrayList<>();
    Corpus.of(file).texts().forEach(lines::add);
    return lines;
  }

  @Test
  void jsonLinesHaveADocumentInAColumn() throws IOException {
    Path file =
        file(
            "a.jsonl",
            """
            {"text": "one\\n\\ntwo", "n": 1}

            {"n": 2, "text": null}
            {"text": ""}
            {"text": "thr\\u00e9e"}
            """);
    assertEquals(
        List.of(List.of("one", "two"), List.of("thrée")), documents(Corpus.of(file).json("text")));
    assertEquals(
        file + ":1: no column body; there are: text, n", refusal(Corpus.of(file).json("body")));
    assertEquals(file + ":1: n is no text but number", refusal(Corpus.of(file).json("n")));
    assertTrue(
        refusal(Corpus.of(file("b.jsonl", "{\"text\": \"a\"}\nplain")).json("text"))
            .startsWith(folder.resolve("b.jsonl") + ":2: not JSON: "));
    assertEquals(
        folder.resolve("c.jsonl") + ":1: a JSON object was expected",
        refusal(Corpus.of(file("c.jsonl", "[\"text\"]")).json("text")));
  }

  /** Random documents give the same as blocks, as JSON, and from memory. */
  @Test
  void allFormatsGiveTheSameDocuments() throws IOException {
    long seed = Seeds.SEED;
    List<List<String>> expected = RandomText.documents(new Random(seed), 50);
    StringBuilder json = new StringBuilder();
    List<String> whole = new ArrayList<>();
    for (List<String> document : expected) {
      whole.add(String.join("\n", document));
      json.append(new JsonMapper().writeValueAsString(Map.of("t", String.join("\n", document))));
      json.append('\n');
    }
    String name = "seed " + seed;
    assertEquals(expected, documents(Corpus.of(file("a.txt", RandomText.blocks(expected)))), name);
    assertEquals(expected, documents(Corpus.of(file("a.json", json.toString())).json("t")), name);
    assertEquals(expected, documents(Corpus.of("memory", whole)), name);
  }

  @Test
  void badBytesAreNamedByLineAndOffset() throws IOException {
    byte[] bytes = "one\r\ntwo\u00e9x\nthree".getBytes(StandardCharsets.ISO_8859_1);
    String reason =
        ":2: byte 0xE9 at offset 8 is not UTF-8; convert the file, for example with iconv -t UTF-8";
    assertEquals(folder.resolve("a") + reason, refusal(Corpus.of(file("a", bytes))));
    assertEquals(folder.resolve("a.gz") + reason, refusal(Corpus.of(file("a.gz", gzip(bytes)))));
    assertEquals(folder.resolve("a.zst") + reason, refusal(Corpus.of(file("a.zst", zstd(bytes)))));
    String before = "line\n".repeat(100_000);
    assertTrue(
        refusal(Corpus.of(file("b", (before + "\u00ff").getBytes(StandardCharsets.ISO_8859_1))))
            .startsWith(folder.resolve("b") + ":100001: byte 0xFF at offset 500000 is not UTF-8"));
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    assertEquals(
        folder.resolve("a") + ":2: the byte at offset 5 is 0: this is no text in UTF-8",
        refusal(Corpus.of(file("a", "one\nx\0y"))));
    assertTrue(
        refusal(Corpus.of(file("b", "PAR1....")))
            .endsWith(
                "this is a Parquet file, whose column of texts must be named; its name must end in"
                    + " .parquet"));
    Path missing = folder.resolve("missing");
    assertEquals(missing + ": no such file or folder", refusal(Corpus.of(missing)));
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertEquals(
        empty + ": the folder has no files (those whose names begin with . do not count)",
        refusal(Corpus.of(empty)));
    assertEquals(
        folder.resolve("blank") + ": there is no text", refusal(Corpus.of(file("blank", " \n\n"))));
    assertEquals("mine: there is no text", refusal(Corpus.of("mine", List.of(" "))));
    assertThrows(IllegalArgumentException.class, Corpus::of);
    assertThrows(IllegalStateException.class, () -> Corpus.of("mine", List.of("x")).lines());
  }

  @Test
  void linksThatLeadNowhereOrInCirclesAreRefused() throws IOException {
    file("in/a.txt", "one");
    Path link = Files.createSymbolicLink(folder.resolve("in/link"), folder.resolve("gone"));
    assertEquals(link + ": is a link that leads nowhere", refusal(Corpus.of(folder.resolve("in"))));
    Files.delete(link);
    Files.createSymbolicLink(link, folder.resolve("in"));
    assertEquals(
        link + ": is a link to a folder that it lies in", refusal(Corpus.of(folder.resolve("in"))));
  }

  /** A line of 64 MB, packed to 64 kB, is given up on long before its end. */
  @Test
  void anEndlessLineIsRefused() throws IOException {
    byte[] bytes = new byte[64 << 20];
    Arrays.fill(bytes, (byte) 'x');
    Path file = file("a.gz", gzip(bytes));
    assertEquals(
        file
            + ":1: the line is longer than 16,777,216 bytes: this is no text, or it needs line ends",
        refusal(Corpus.of(file)));
    Path longest = file("b", Arrays.copyOf(bytes, TextLines.LONGEST_LINE));
    assertEquals(TextLines.LONGEST_LINE, documents(Corpus.of(longest)).get(0).get(0).length());
  }

  @Test
  void whatIsCutShortOrDamagedIsRefused() throws IOException {
    StringBuilder text = new StringBuilder();
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      text.append(random.nextInt()).append('\n');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    for (byte[] packed : List.of(gzip(bytes), zstd(bytes))) {
      for (int length : new int[] {4, 9, 11, 1000, packed.length / 2, packed.length - 1}) {
        refusePacked(Arrays.copyOf(packed, length), "cut to " + length);
      }
      packed[packed.length / 2] ^= 1;
      refusePacked(packed, "damaged");
    }
  }

  /** With a checksum, as the program zstd packs. */
  private static byte[] zstd(byte[] bytes) {
    try (ZstdCompressCtx context = new ZstdCompressCtx().setChecksum(true)) {
      return context.compress(bytes);
    }
  }

  private void refusePacked(byte[] packed, String what) throws IOException {
    String message = refusal(Corpus.of(file("packed", packed)));
    String reason = ": what is packed in it is damaged or cut short: ";
    assertTrue(message.startsWith(folder.resolve("packed") + reason), what + ": " + message);
  }

  @Test
  void theFingerprintIsThatOfTheContent() throws IOException {
    Path first = file("a.txt", "one\n\ntwo");
    String fingerprint = Corpus.of(first).fingerprint();
    Path copy = file("copy.txt", "one\n\ntwo");
    Files.setLastModifiedTime(copy, FileTime.fromMillis(0));
    assertEquals(fingerprint, Corpus.of(copy).fingerprint());
    assertNotEquals(fingerprint, Corpus.of(first).lines().fingerprint());
    assertNotEquals(
        Corpus.of(first).json("a").fingerprint(), Corpus.of(first).json("b").fingerprint());
    Path second = file("b.txt", "three");
    assertNotEquals(Corpus.of(first, second).fingerprint(), Corpus.of(second, first).fingerprint());
    assertNotEquals(
        Corpus.of(file("c", "ab"), file("d", "c")).fingerprint(),
        Corpus.of(file("e", "a"), file("f", "bc")).fingerprint());
    FileTime written = Files.getLastModifiedTime(first);
    Files.writeString(first, "one\n\ntwx"); // of the same size and time
    Files.setLastModifiedTime(first, written);
    assertNotEquals(fingerprint, Corpus.of(first).fingerprint());
    assertNotEquals(
        Corpus.of("x", List.of("ab", "c")).fingerprint(),
        Corpus.of("x", List.of("a", "bc")).fingerprint());
  }
}
