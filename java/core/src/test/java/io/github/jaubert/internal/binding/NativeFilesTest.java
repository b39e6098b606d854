package io.github.jaubert.internal.binding;

import static io.github.jaubert.internal.binding.FileOwnersTest.withMode;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFilesTest {
  private static final byte[] BYTES = "not really a library".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  private Path place;
  private URL packed;

  @BeforeEach
  void open() throws IOException {
    place = folder.toRealPath().resolve("place");
    System.setProperty("jaubert.natives", place.toString());
    packed = jar("a.jar", BYTES);
  }

  @AfterEach
  void close() {
    System.clearProperty("jaubert.natives");
  }

  private URL jar(String name, byte[] bytes) throws IOException {
    Path jar = folder.resolve(name);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.setLevel(0);
      out.putNextEntry(new ZipEntry("some/where/libx.so"));
      out.write(bytes);
      out.closeEntry();
    }
    return new URL("jar:" + jar.toUri() + "!/some/where/libx.so");
  }

  /** Where the library lies while it is loaded. */
  private static Path unpack(URL... resources) throws IOException {
    List<Path> found = new ArrayList<>();
    NativeFiles.load(
        List.of(resources),
        files -> {
          Path file = files.file("libx.so");
          assertEquals(BYTES.length, Files.readAllBytes(file).length);
          found.add(file);
        });
    return found.get(0);
  }

  private static Object inode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }

  @Test
  void unpacksOnce() throws IOException {
    Path file = unpack(packed);
    assertTrue(file.startsWith(place));
    Object inode = inode(file);
    assertEquals(file, unpack(packed));
    assertEquals(inode, inode(file));
    Path unpacked = Files.write(folder.resolve("libx.so"), BYTES);
    assertEquals(file, unpack(unpacked.toUri().toURL()), "a folder of classes, no jar");
  }

  @Test
  void anotherVersionHasAnotherFile() throws IOException {
    byte[] other = BYTES.clone();
    other[3]++;
    Path file = unpack(packed);
    assertNotEquals(file, unpack(jar("b.jar", other)));
    assertEquals(file, unpack(packed));
  }

  @Test
  void replacesWhatIsNotInTheJar() throws IOException {
    Path file = unpack(packed);
    byte[] other = BYTES.clone();
    other[3]++;
    Files.write(file, other);
    assertBytes(unpack(packed));
    Files.write(file, Arrays.copyOf(BYTES, 5)); // as a kill leaves it
    assertBytes(unpack(packed));
    Files.write(file, new byte[0]);
    assertBytes(unpack(packed));

    Path elsewhere = Files.write(folder.resolve("elsewhere"), BYTES);
    Files.delete(file);
    Files.createSymbolicLink(file, elsewhere);
    assertBytes(unpack(packed));
    assertFalse(Files.isSymbolicLink(file));
  }

  private static void assertBytes(Path file) throws IOException {
    assertArrayEquals(BYTES, Files.readAllBytes(file));
  }

  @Test
  void refusesADamagedJar() throws IOException {
    Path jar = folder.resolve("a.jar");
    byte[] bytes = Files.readAllBytes(jar);
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("really");
    bytes[at]++;
    try (OutputStream out = Files.newOutputStream(folder.resolve("damaged.jar"))) {
      out.write(bytes);
    }
    URL damaged = new URL(packed.toString().replace("a.jar", "damaged.jar"));
    IOException e = assertThrows(IOException.class, () -> unpack(damaged));
    assertTrue(e.getMessage().contains("damaged.jar!/some/where/libx.so is damaged"));
    assertEquals(List.of(), passing());
  }

  private List<Path> passing() throws IOException {
    try (Stream<Path> all = Files.walk(place)) {
      return all.filter(path -> path.getFileName().toString().startsWith("passing-")).toList();
    }
  }

  @Test
  void temporaryFoldersGo() throws IOException {
    NativeFiles.load(
        List.of(),
        files -> {
          Path made = files.temporaryFolder();
          Files.write(made.resolve("file"), BYTES);
          assertEquals(List.of(made), passing());
        });
    assertEquals(List.of(), passing());
    IllegalStateException failed = new IllegalStateException();
    assertThrows(
        IllegalStateException.class,
        () ->
            NativeFiles.load(
                List.of(packed),
                files -> {
                  files.temporaryFolder();
                  throw failed;
                }));
    assertEquals(List.of(), passing());
  }

  @Test
  void leftoversGoAtALaterStart() throws IOException {
    Path root = unpack(packed).getParent().getParent();
    Path killed = Files.createDirectory(root.resolve("passing-1"));
    Files.write(killed.resolve("libx.so"), BYTES);
    Path running = Files.createFile(root.resolve("passing-2"));
    Path old = Files.createDirectory(root.resolve("libx-00000000"));
    Files.write(old.resolve("libx.so"), BYTES);
    Path javaCpp = Files.createDirectories(root.resolve("javacpp"));
    age(killed, Duration.ofHours(2));
    age(running, Duration.ofMinutes(2));
    age(old, Duration.ofDays(40));
    age(javaCpp, Duration.ofDays(400));
    Path current = unpack(packed).getParent();
    try (Stream<Path> left = Files.list(root)) {
      assertEquals(List.of(javaCpp, current, running), left.sorted().toList());
    }
  }

  @Test
  void whatIsUsedStays() throws IOException {
    Path file = unpack(packed);
    age(file, Duration.ofDays(400)); // as after a long pause
    age(file.getParent(), Duration.ofDays(400));
    FileTime unpacked = Files.getLastModifiedTime(file);
    unpack(packed);
    assertEquals(unpacked, Files.getLastModifiedTime(file));
    Instant used = Files.getLastModifiedTime(file.getParent()).toInstant();
    assertTrue(used.plus(Duration.ofMinutes(10)).isAfter(Instant.now()));
  }

  private static void age(Path path, Duration age) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
  }

  // ---- no place ----

  private String refusal() {
    return assertThrows(IOException.class, () -> unpack(packed)).getMessage();
  }

  @Test
  void saysWhyThereIsNoPlaceAndHowToNameOne() throws IOException {
    Files.createFile(place);
    assertEquals(
        "no folder for native libraries that nobody else can write to, and that they can run from: "
            + place
            + ": "
            + place
            + " is not a folder. -Djaubert.natives=FOLDER or JAUBERT_NATIVES=FOLDER names another"
            + " place",
        refusal());
    Files.delete(place);
    withMode(Files.createDirectory(place), 0757);
    assertTrue(refusal().contains(place + " belongs to user "), refusal());
    assertTrue(refusal().contains(" has mode 757"), refusal());
  }

  /** Such as /dev/shm of a container. */
  @Test
  void refusesAFileSystemThatRunsNothing() throws IOException {
    Path mounted = null;
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
      String[] fields = line.split(" ");
      Path at = Path.of(fields[1]);
      if (List.of(fields[3].split(",")).contains("noexec") && fields[2].equals("tmpfs")) {
        mounted = Files.isWritable(at) ? at : mounted;
      }
    }
    assumeTrue(mounted != null, "no folder on a tmpfs that is mounted noexec");
    Path made = Files.createTempDirectory(mounted, "jaubert-test-");
    try {
      System.setProperty("jaubert.natives", made.toString());
      assertTrue(refusal().contains(made + ": its file system is mounted noexec."), refusal());
    } finally {
      try (Stream<Path> files = Files.walk(made)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
      }
    }
  }
}
