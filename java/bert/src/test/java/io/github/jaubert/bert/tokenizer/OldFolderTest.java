package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders with vocab.txt but no tokenizer.json, and files that are not what they are called. */
class OldFolderTest {
  @TempDir Path folder;

  private String refusal() {
    return assertThrows(CheckpointException.class, () -> Tokenizer.fromPretrained(folder).close())
        .getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.json", "vocab.txt", "tokenizer_config.json", "config.json"})
  void aGitLfsPointerIsCalledOne(String name) {
    SmallVocabulary.write(folder);
    TestFiles.write(
        folder.resolve(name),
        "version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 711661\n");
    assertEquals(
        folder.resolve(name)
            + ": is a Git LFS pointer, not the file itself: run git lfs pull in its repository",
        refusal());
  }
}
