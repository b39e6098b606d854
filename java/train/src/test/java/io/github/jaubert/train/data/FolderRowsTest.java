package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.train.files.Hashes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder for each label, a file for each text: as scikit-learn's load_files and Keras read. */
class FolderRowsTest {
  @TempDir Path folder;

  private void text(String name, String content) throws IOException {
    Path file = folder.resolve("data").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private Path some() throws IOException {
    text("pos/b.txt", "good\n");
    text("pos/a.txt", "two\nlines\r\n");
    text("neg/deep/10", "bad"); // any name, however deep
    text("neg/.hidden", "no text");
    text("README", "no text either");
    return folder.resolve("data");
  }

  @Test
  void textsInTheOrderOfTheirNames() throws IOException {
    Path data = some();
    List<Example> rows =
        TextDataset.of(data, TableFormat.of(data)).text("text").label("label").rows();
    assertEquals(List.of("bad", "two\nlines", "good"), rows.stream().map(Example::text).toList());
    assertEquals(List.of("neg", "pos", "pos"), rows.stream().map(Example::label).toList());
    assertEquals(List.of(1L, 2L, 3L), rows.stream().map(Example::line).toList());
    try (RowReader reader = new RowReader(data, null, true)) {
      assertEquals(List.of("text", "label", "file"), reader.columns());
      assertEquals("neg/deep/10", reader.next().text("file"));
      assertEquals(
          "{\"text\":\"two\\nlines\",\"label\":\"pos\",\"file\":\"pos/a.txt\"}",
          reader.next().object().toString());
      reader.next();
      assertEquals(3 + 5 + 11, reader.bytesRead());
    }
    Source source = Source.of(data);
    assertEquals(data.resolve("pos/a.txt").toString(), source.place(2));
    assertTrue(source.canBeReadAgain());
  }

  @Test
  void rowsOfSeveralFoldersFollowOneAnother() throws IOException {
    Path data = some();
    Path more =
        Files.writeString(folder.resolve("more.jsonl"), "{\"text\":\"x\",\"label\":\"pos\"}");
    TextDataset both = TextDataset.files(List.of(data, more)).text("text").label("label");
    assertEquals(4, both.rows().size());
    assertEquals(
        both.rows(), both.cachedIn(folder.resolve("cache")).rows(), "kept in files, the same");
  }

  @Test
  void hashesKnowNamesAndTexts() throws IOException {
    Path data = some();
    String before = new Hashes().addFile(data).name();
    assertEquals(before, new Hashes().addFile(data).name());
    Files.move(data.resolve("pos/b.txt"), data.resolve("neg/b.txt"));
    String moved = new Hashes().addFile(data).name();
    Files.writeString(data.resolve("neg/b.txt"), "good!");
    assertEquals(
        3, List.of(before, moved, new Hashes().addFile(data).name()).stream().distinct().count());
  }

  @Test
  void whatIsWrongIsNamed() throws IOException {
    text("a.txt", "no label");
    Path data = folder.resolve("data");
    assertEquals(
        data
            + ": no texts: a folder is read as one folder for each label, in it a file for each text",
        assertThrows(DataException.class, () -> new RowReader(data, null, true)).getMessage());
    text("pos/empty.txt", "");
    try (RowReader reader = new RowReader(data, null, true)) {
      assertEquals(
          data
              + ": a folder is read as one folder for each label, in it a file for each text; "
              + data.resolve("pos/empty.txt")
              + ": the file is empty",
          assertThrows(DataException.class, reader::next).getMessage());
    }
  }
}
