package io.github.jaubert.internal.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileOwnersTest {
  @TempDir Path folder;
  private FileOwners owners;

  @BeforeEach
  void open() throws IOException {
    owners = FileOwners.current();
    folder = folder.toRealPath();
  }

  static Path withMode(Path path, int mode) throws IOException {
    return Files.setAttribute(path, "unix:mode", mode);
  }

  /** Makes a path somebody else's, or whoever asks somebody else where only root can. */
  static FileOwners whenForeign(Path path, FileOwners owners) throws IOException {
    if (owners.user() == 0) {
      Files.setAttribute(path, "unix:uid", 4242);
      return owners;
    }
    return new FileOwners(owners.user() + 1, owners.root());
  }

  @Test
  void knowsWhoRunsTheProgram() throws IOException {
    assertEquals(Files.getAttribute(folder, "unix:uid"), owners.user());
  }

  @ParameterizedTest
  @CsvSource({
    "700, true, true, true", "755, true, true, false", "750, true, true, false",
    "775, false, false, false", "757, false, false, false", "777, false, false, false",
    "1777, true, false, false", "1700, true, true, true"
  })
  void saysWhatAModeLetsOthersDo(String mode, boolean holdsOurs, boolean closed, boolean isPrivate)
      throws IOException {
    Path part = withMode(Files.createDirectory(folder.resolve("part")), Integer.parseInt(mode, 8));
    assertEquals(holdsOurs, owners.weakness(part, true).isEmpty());
    assertEquals(closed, owners.weakness(part, false).isEmpty());
    assertEquals(isPrivate, owners.notPrivate(part).isEmpty());

    // Of a folder above, too; there the sticky bit protects what is ours.
    Path deep = Files.createDirectory(part.resolve("deep"));
    assertEquals(holdsOurs, owners.weakness(withMode(deep, 0700), false).isEmpty());
    assertEquals(Optional.empty(), owners.notPrivate(deep));
  }

  @Test
  void namesFolderOwnerAndMode() throws IOException {
    Path open = withMode(Files.createDirectory(folder.resolve("open")), 0777);
    String words = owners.weakness(Files.createDirectory(open.resolve("deep")), false).get();
    assertTrue(words.startsWith(open + " belongs to user " + owners.user()), words);
    assertTrue(words.endsWith("has mode 777, and this is user " + owners.user()), words);
  }

  @Test
  void trustsNoOtherUser() throws IOException {
    Path theirs = Files.createDirectory(folder.resolve("theirs"), PrivateFolder.ONLY_MINE);
    Path file = Files.createFile(theirs.resolve("file"), PrivateFolder.ONLY_MINE);
    assertEquals(Optional.empty(), owners.weakness(file, false));
    assertTrue(owners.isOwnFile(file));
    FileOwners other = whenForeign(theirs, owners);
    assertTrue(other.weakness(file, false).isPresent());
    assertTrue(other.weakness(theirs, true).isPresent());
    assertTrue(other.notPrivate(theirs).isPresent());
    assertEquals(false, whenForeign(file, owners).isOwnFile(file));
  }

  @Test
  void looksAtWhereALinkLeads() throws IOException {
    Path good = Files.createDirectory(folder.resolve("good"), PrivateFolder.ONLY_MINE);
    Path open = withMode(Files.createDirectory(folder.resolve("open")), 0777);
    Path toGood = Files.createSymbolicLink(folder.resolve("a"), good);
    Path toOpen = Files.createSymbolicLink(folder.resolve("b"), open);
    assertEquals(Optional.empty(), owners.weakness(toGood, false));
    assertTrue(owners.weakness(toOpen, false).get().startsWith(open.toString()));
    assertTrue(owners.notPrivate(toGood).get().startsWith(toGood + ", a link, belongs to"));
  }

  @Test
  void findsAFileDeepInsideThatOthersMayWrite() throws IOException {
    Path deep = Files.createDirectories(folder.resolve("x/y"), PrivateFolder.ONLY_MINE);
    Path file = withMode(Files.createFile(deep.resolve("libz.so")), 0644);
    Files.createSymbolicLink(deep.resolve("link"), file);
    assertEquals(Optional.empty(), owners.weaknessWithin(folder));
    withMode(file, 0664);
    assertTrue(owners.weaknessWithin(folder).get().startsWith(file.toString()));
  }
}
