package io.github.jaubert.internal.binding;

import static io.github.jaubert.internal.binding.FileOwnersTest.whenForeign;
import static io.github.jaubert.internal.binding.FileOwnersTest.withMode;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateFolderTest {
  @TempDir Path place;
  private FileOwners owners;
  private String name;

  @BeforeEach
  void open() throws IOException {
    owners = FileOwners.current();
    place = place.toRealPath();
    name = "jaubert-natives-" + Integer.toUnsignedString(owners.user());
  }

  private static List<Path> places(Map<String, String> properties, Map<String, String> variables)
      throws IOException {
    return PrivateFolder.places(properties::get, variables::get);
  }

  @Test
  void looksAtHomeThenAtTheTemporaryFolder() throws IOException {
    String home = place.toString();
    Map<String, String> usual = Map.of("user.home", home, "java.io.tmpdir", "/tmp");
    Path tmp = Path.of("/tmp");
    assertEquals(List.of(place.resolve(".cache"), tmp), places(usual, Map.of()));
    assertEquals(
        List.of(Path.of("/var/cache"), tmp), places(usual, Map.of("XDG_CACHE_HOME", "/var/cache")));
    assertEquals(
        List.of(place.resolve(".cache"), tmp), places(usual, Map.of("XDG_CACHE_HOME", "relative")));
    for (String none : List.of("?", "", "relative", home + "/missing")) {
      assertEquals(
          List.of(tmp), places(Map.of("user.home", none, "java.io.tmpdir", "/tmp"), Map.of()));
    }
  }

  @Test
  void looksNowhereElseThanWhereItIsTold() throws IOException {
    Map<String, String> variable = Map.of("JAUBERT_NATIVES", "/v", "XDG_CACHE_HOME", "/x");
    Map<String, String> property = Map.of("jaubert.natives", "/p", "java.io.tmpdir", "/tmp");
    assertEquals(List.of(Path.of("/v")), places(Map.of("user.home", "/"), variable));
    assertEquals(List.of(Path.of("/p")), places(property, variable));
    assertThrows(IOException.class, () -> places(Map.of("jaubert.natives", "a\0b"), Map.of()));
  }

  @Test
  void isMadeForOneUserAndFoundAgain() throws IOException {
    Path deep = place.resolve("not/there/yet");
    Path folder = PrivateFolder.in(deep, owners);
    assertEquals(deep.resolve(name), folder);
    assertEquals(Optional.empty(), owners.notPrivate(folder));
    assertEquals(folder, PrivateFolder.in(deep, owners));
  }

  @ParameterizedTest
  @ValueSource(ints = {0755, 0777, 0720, 01777})
  void passesByOneThatOthersMayLookInto(int mode) throws IOException {
    withMode(place, 01777);
    Path taken = withMode(Files.createDirectory(place.resolve(name)), mode);
    passesBy(taken, owners);
  }

  @Test
  void passesByOneOfSomebodyElse() throws IOException {
    Path taken = Files.createDirectory(place.resolve(name), PrivateFolder.ONLY_MINE);
    passesBy(taken, owners.user() == 0 ? whenForeign(taken, owners) : owners);
  }

  @Test
  void passesByLinksAndFiles() throws IOException {
    Path target = Files.createDirectory(place.resolve("target"), PrivateFolder.ONLY_MINE);
    passesBy(Files.createSymbolicLink(place.resolve(name), target), owners);
    Files.delete(place.resolve(name));
    passesBy(Files.createSymbolicLink(place.resolve(name), place.resolve("missing")), owners);
    Files.delete(place.resolve(name));
    passesBy(Files.createFile(place.resolve(name)), owners);
  }

  /** Another is made, with a name that nobody foresees, and found again. */
  private void passesBy(Path taken, FileOwners owners) throws IOException {
    if (owners.notPrivate(taken).isEmpty()) {
      return; // only root can give a folder away
    }
    Path folder = PrivateFolder.in(place, owners);
    assertFalse(folder.equals(taken));
    assertTrue(folder.getFileName().toString().startsWith(name + "-"));
    assertEquals(Optional.empty(), owners.notPrivate(folder));
    assertEquals(folder, PrivateFolder.in(place, owners));
    assertEquals(0, Files.isDirectory(taken) ? taken.toFile().list().length : 0);
  }

  @Test
  void refusesAPlaceWhereOthersMayExchangeIt() throws IOException {
    withMode(place, 0777);
    String words =
        assertThrows(IOException.class, () -> PrivateFolder.in(place, owners)).getMessage();
    assertTrue(words.startsWith("others may write there: " + place + " belongs to user "), words);
    assertTrue(words.contains("mode 777"), words);
    assertFalse(Files.exists(place.resolve(name)));
    Path inside = Files.createDirectory(place.resolve("inside"), PrivateFolder.ONLY_MINE);
    assertThrows(IOException.class, () -> PrivateFolder.in(inside, owners));
    Path missing = place.resolve("missing");
    assertThrows(IOException.class, () -> PrivateFolder.in(missing.resolve("too"), owners));
    assertFalse(Files.exists(missing));
  }

  /** In a folder such as /tmp, after it was seen that there is none. */
  @Test
  void refusesAPlaceThatSomebodyElseWasFasterToMake() throws IOException {
    withMode(place, 01777);
    Path theirs = Files.createDirectory(place.resolve("theirs"), PrivateFolder.ONLY_MINE);
    assertEquals(theirs.resolve("a/b"), PrivateFolder.make(theirs.resolve("a/b"), owners));
    FileOwners other = whenForeign(theirs, owners);
    for (Path made : List.of(theirs, theirs.resolve("a/b"), theirs.resolve("new"))) {
      String words =
          assertThrows(IOException.class, () -> PrivateFolder.make(made, other)).getMessage();
      assertTrue(words.startsWith("others may write there: "), words);
    }
  }
}
