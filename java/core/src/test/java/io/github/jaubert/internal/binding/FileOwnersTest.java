package io.github.jaubert.internal.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** In a folder such as /tmp, where only its owner can exchange it. */
  @Test
  void trustsNoLinkOfAnotherUser() throws IOException {
    assumeTrue(owners.user() == 0, "only root can give a link away");
    Path shared = withMode(Files.createDirectory(folder.resolve("shared")), 01777);
    Path good = Files.createDirectory(folder.resolve("good"), PrivateFolder.ONLY_MINE);
    Path file = Files.createFile(good.resolve("file"), PrivateFolder.ONLY_MINE);
    Path link = Files.createSymbolicLink(shared.resolve("link"), good);
    Path through = folder.resolve("good/../shared/./link/file");
    assertEquals(Optional.empty(), owners.weakness(through, false));
    Files.setAttribute(link, "unix:uid", 4242, LinkOption.NOFOLLOW_LINKS);
    assertTrue(owners.weakness(through, false).get().startsWith(link + ", a link, belongs to"));
    assertEquals(Optional.empty(), owners.weakness(file, false));
  }

  @Test
  void followsLinksAsTheSystemDoes() throws IOException {
    Path deep = Files.createDirectories(folder.resolve("x/y"), PrivateFolder.ONLY_MINE);
    Path beside = Files.createDirectory(folder.resolve("beside"), PrivateFolder.ONLY_MINE);
    Files.createSymbolicLink(beside.resolve("down"), Path.of("../x/./y"));
    Files.createSymbolicLink(folder.resolve("chain"), Path.of("beside/down"));
    assertEquals(Optional.empty(), owners.weakness(folder.resolve("chain"), false));
    withMode(folder.resolve("x"), 0757);
    for (String path : List.of("chain", "chain/../../x/y", "beside/down/..")) {
      String words = owners.weakness(folder.resolve(path), false).get();
      assertTrue(words.startsWith(deep.getParent() + " belongs to user"), words);
    }
    Path around = Files.createSymbolicLink(folder.resolve("around"), Path.of("around"));
    assertThrows(FileSystemLoopException.class, () -> owners.weakness(around, false));
    Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), Path.of("missing"));
    assertThrows(NoSuchFileException.class, () -> owners.weakness(nowhere, false));
  }

  @Test
  void findsAFileDeepInsideThatOthersMayWrite() throws IOException {
    Path deep = Files.createDirectories(folder.resolve("x/y"), PrivateFolder.ONLY_MINE);
    Path file = withMode(Files.createFile(deep.resolve("libz.so")), 0644);
    Files.createSymbolicLink(deep.resolve("link"), file);
    assertEquals(Optional.empty(), owners.weaknessWithin(folder));
    withMode(file, 0664);
    assertTrue(owners.weaknessWithin(folder).get().startsWith(file.toString()));
    assertTrue(owners.weaknessWithin(file).get().startsWith(file.toString()));
    withMode(file, 0644);
    assertEquals(Optional.empty(), owners.weaknessWithin(file));
    withMode(deep, 0757);
    assertTrue(owners.weaknessWithin(folder).get().startsWith(deep.toString()));
  }

  /** As another process does that uses the folder. */
  @Test
  void passesByWhatIsDeletedMeanwhile() throws Exception {
    Path used = Files.createDirectory(folder.resolve("used"), PrivateFolder.ONLY_MINE);
    AtomicBoolean done = new AtomicBoolean();
    FutureTask<Void> other =
        new FutureTask<>(
            () -> {
              while (!done.get()) {
                for (int i = 0; i < 20; i++) {
                  Files.createFile(used.resolve("file" + i), PrivateFolder.ONLY_MINE);
                  Files.createDirectory(used.resolve("folder" + i), PrivateFolder.ONLY_MINE);
                }
                for (int i = 0; i < 20; i++) {
                  Files.delete(used.resolve("file" + i));
                  Files.delete(used.resolve("folder" + i));
                }
              }
              return null;
            });
    new Thread(other).start();
    try {
      for (int i = 0; i < 300; i++) {
        assertEquals(Optional.empty(), owners.weaknessWithin(used));
      }
    } finally {
      done.set(true);
      other.get();
    }
  }

  @Test
  void refusesWhatItCannotLookInto() throws IOException {
    assumeTrue(owners.user() != 0, "root looks into every folder");
    Path closed = withMode(Files.createDirectory(folder.resolve("closed")), 0);
    try {
      IOException e =
          assertThrows(AccessDeniedException.class, () -> owners.weaknessWithin(folder));
      assertEquals(closed.toString(), e.getMessage());
    } finally {
      withMode(closed, 0700);
    }
  }
}
