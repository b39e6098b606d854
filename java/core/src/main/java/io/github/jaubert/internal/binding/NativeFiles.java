package io.github.jaubert.internal.binding;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Native libraries out of jars, as files for the class loader of this class to load.
 *
 * <p>They are unpacked to a {@link PrivateFolder}, where later starts find them; a file that is not
 * this user's, or has other bytes than the jar, is replaced. A virtual machine does not load one
 * path in two class loaders: the second gets a copy of its own, which is gone once it is loaded.
 */
public final class NativeFiles {
  /** Loads libraries from the files. */
  @FunctionalInterface
  public interface Action {
    /** Is called once, and by one thread of the process at a time. */
    void load(NativeFiles files) throws IOException;
  }

  /** One object for all class loaders of the process. */
  private static final Object LOCK = "io.github.jaubert.internal.binding.NativeFiles".intern();

  private static final Logger LOG = LoggerFactory.getLogger(NativeFiles.class);

  /**
   * What begins the name of something that is gone after loading, unless the process was killed.
   */
  private static final String PASSING = "passing-";

  private static final Duration PASSING_AGE = Duration.ofHours(1);
  private static final Duration UNUSED_AGE = Duration.ofDays(30);

  /** What JavaCPP keeps in our folder, by rules of its own. */
  private static final String JAVACPP = "javacpp";

  private final Path root;
  private final List<Path> passing = new ArrayList<>();
  private Path folder;
  private boolean copies;

  private NativeFiles(Path root) {
    this.root = root;
  }

  /**
   * Unpacks libraries where needed, all to one folder, and has them loaded.
   *
   * @param resources end in the names of the files
   * @throws IOException if there is no place for them; the message names every place that was
   *     tried, with the reason, and how to name another
   */
  public static void load(List<URL> resources, Action action) throws IOException {
    synchronized (LOCK) {
      NativeFiles files = find(resources);
      try {
        action.load(files);
      } finally {
        files.passing.forEach(NativeFiles::delete);
      }
    }
  }

  /**
   * Refuses a file, or a folder with all that is in it, if others could exchange it, or a link on
   * the way to it.
   *
   * @throws IOException if so, naming the file or the folder above it, its owner and its mode; or
   *     if there is none
   */
  public static void check(Path path) throws IOException {
    Optional<String> weakness = FileOwners.current().weaknessWithin(path);
    if (weakness.isPresent()) {
      throw new IOException("others may exchange it: " + weakness.get());
    }
  }

  /** The file of a library, by its name. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /**
   * Whether another class loader of this process has loaded these libraries. The linker has them,
   * then, and needs no copy of those that are no binding.
   */
  public boolean areCopies() {
    return copies;
  }

  /** A new folder, of this user alone, that is deleted after loading. */
  public Path temporaryFolder() throws IOException {
    Path made = Files.createTempDirectory(root, PASSING, PrivateFolder.ONLY_MINE);
    passing.add(made);
    return made;
  }

  /** A folder of this user alone for JavaCPP, which stays. */
  Path javaCppFolder() throws IOException {
    return Files.createDirectories(root.resolve(JAVACPP), PrivateFolder.ONLY_MINE);
  }

  // ---- places ----

  private static NativeFiles find(List<URL> resources) throws IOException {
    List<PackedLibrary> libraries = new ArrayList<>();
    for (URL resource : resources) {
      libraries.add(PackedLibrary.of(resource));
    }
    FileOwners owners = FileOwners.current();
    List<String> refusals = new ArrayList<>();
    for (Path place : PrivateFolder.places(System::getProperty, System::getenv)) {
      NativeFiles files = null;
      try {
        files = new NativeFiles(PrivateFolder.in(place, owners));
        if (!Files.isWritable(files.root)) { // JavaCPP would go elsewhere
          throw new IOException(files.root + " cannot be written");
        }
        files.provide(libraries, owners);
        return files;
      } catch (IOException | SecurityException e) {
        refusals.add(place + ": " + words(e));
        if (files != null) {
          files.passing.forEach(NativeFiles::delete);
        }
      }
    }
    throw new IOException(
        "no folder for native libraries that nobody else can write to, and that they can run from:"
            + " %s. %s".formatted(String.join("; ", refusals), PrivateFolder.REMEDY));
  }

  /** What went wrong with a file, for people to read. */
  static String words(Exception e) {
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    if (e instanceof FileAlreadyExistsException file) {
      return file.getFile() + " is not a folder";
    }
    return e instanceof FileSystemException failed && failed.getReason() != null
        ? failed.getReason()
        : e.getMessage();
  }

  // ---- files ----

  private void provide(List<PackedLibrary> libraries, FileOwners owners) throws IOException {
    if (!libraries.isEmpty()) {
      folder = root.resolve(nameOf(libraries));
      Files.createDirectories(folder, PrivateFolder.ONLY_MINE);
      touch(folder); // or it may be the first that is tidied away
    }
    tidy(root);
    boolean loaded = false;
    for (PackedLibrary library : libraries) {
      Path file = folder.resolve(library.name());
      if (!owners.isOwnFile(file) || !library.isIn(file)) {
        unpack(library, file);
      }
      if (!Files.isExecutable(file)) {
        throw new IOException("its file system is mounted noexec");
      }
      loaded |= isLoaded(file);
    }
    if (loaded) {
      Path own = temporaryFolder();
      for (PackedLibrary library : libraries) {
        Files.copy(file(library.name()), own.resolve(library.name()));
      }
      folder = own;
      copies = true;
    }
  }

  /** Other bytes, such as those of another version, make another name. */
  private static String nameOf(List<PackedLibrary> libraries) {
    CRC32 sum = new CRC32();
    for (PackedLibrary library : libraries) {
      String line = library.name() + ' ' + library.size() + ' ' + library.crc() + '\n';
      sum.update(line.getBytes(StandardCharsets.UTF_8));
    }
    String first = libraries.get(0).name();
    return first.substring(0, first.indexOf('.')) + '-' + Long.toHexString(sum.getValue());
  }

  /** At no time is there half a file of that name. */
  private void unpack(PackedLibrary library, Path file) throws IOException {
    Path half = Files.createTempFile(root, PASSING, "", PrivateFolder.ONLY_MINE);
    try {
      library.unpack(half);
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(half);
    }
  }

  /**
   * Whether the process has loaded a file of that path, which may have been deleted or replaced
   * since; if the system does not say, it may have.
   */
  private static boolean isLoaded(Path file) {
    try (BufferedReader mappings = Files.newBufferedReader(Path.of("/proc/self/maps"))) {
      return mappings
          .lines()
          .anyMatch(
              mapping ->
                  mapping.endsWith(" " + file) || mapping.endsWith(" " + file + " (deleted)"));
    } catch (IOException | RuntimeException e) {
      return true;
    }
  }

  // ---- what is left over ----

  /** Removes what killed processes left, and libraries that no start has used for a month. */
  private static void tidy(Path root) {
    Instant now = Instant.now();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        Duration kept = name.startsWith(PASSING) ? PASSING_AGE : UNUSED_AGE;
        Instant used = Files.getLastModifiedTime(entry).toInstant();
        if (!name.equals(JAVACPP) && used.plus(kept).isBefore(now)) {
          delete(entry);
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} could not be tidied", root, e);
    }
  }

  private static void touch(Path folder) {
    try {
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.debug("{} cannot be written", folder, e);
    }
  }

  /** Deletes a file, or a folder of files; a library stays loaded without its file. */
  private static void delete(Path entry) {
    try {
      if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(entry)) {
          for (Path file : files) {
            Files.deleteIfExists(file);
          }
        }
      }
      Files.deleteIfExists(entry);
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} could not be deleted", entry, e);
    }
  }
}
