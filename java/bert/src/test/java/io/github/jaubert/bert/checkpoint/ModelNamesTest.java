package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelNamesTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path folder;

  @Test
  void aFolderIsTakenAsItIs() {
    assertEquals(folder, ModelNames.folder(folder.toString(), true));
    assertEquals(folder.resolve("none"), ModelNames.folder(folder + "/none", true));
    assertThrows(CheckpointException.class, () -> ModelNames.folder("a\0b", true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-base-uncased", "nowhere/b", "nowhere/b@refs/pr/1", "x@main"})
  void names(String name) {
    assertTrue(ModelNames.isName(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"src/b", "./a", "../a", "/a/b", "a/b/c", "a b", "", "~/a", "a@"})
  void whatIsNoName(String name) {
    assertFalse(ModelNames.isName(name));
  }

  @Test
  void aFolderOfTheCacheIsCalledByItsName() {
    String cached = "/home/x/hub/models--owner--some-model/snapshots/" + COMMIT;
    assertEquals("owner/some-model", ModelNames.of(cached));
    assertEquals("old", ModelNames.of("models--old/snapshots/" + COMMIT));
    for (String other : new String[] {"/x/models--a/blobs/" + COMMIT, cached + "/more", "a/b"}) {
      assertEquals(other, ModelNames.of(other));
    }
  }
}
