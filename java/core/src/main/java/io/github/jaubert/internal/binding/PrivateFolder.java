package io.github.jaubert.internal.binding;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that native libraries are unpacked to: a folder of this user with mode 700, in a place
 * where nobody else can exchange it.
 *
 * <p>The place is what the system property {@code jaubert.natives} or the environment variable
 * {@code JAUBERT_NATIVES} names; without them {@code $XDG_CACHE_HOME} or {@code .cache} in the home
 * folder, or else the temporary folder.
 */
final class PrivateFolder {
  /** How to name another place; for messages. */
  static final String REMEDY =
      "-Djaubert.natives=FOLDER or JAUBERT_NATIVES=FOLDER names another place";

  static final FileAttribute<Set<PosixFilePermission>> ONLY_MINE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final Logger LOG = LoggerFactory.getLogger(PrivateFolder.class);

  /** Once is enough. */
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private PrivateFolder() {}

  /**
   * The places to try, in this order.
   *
   * @param property gives a system property, or null
   * @param variable gives a variable of the environment, or null
   * @throws IOException if a path makes no sense to the system
   */
  static List<Path> places(UnaryOperator<String> property, UnaryOperator<String> variable)
      throws IOException {
    try {
      String named = property.apply("jaubert.natives");
      if (isEmpty(named)) {
        named = variable.apply("JAUBERT_NATIVES");
      }
      if (!isEmpty(named)) {
        return List.of(Path.of(named).toAbsolutePath());
      }
      List<Path> places = new ArrayList<>();
      String cache = variable.apply("XDG_CACHE_HOME");
      String home = property.apply("user.home"); // "?" for a user whom the system does not know
      if (!isEmpty(cache) && Path.of(cache).isAbsolute()) {
        places.add(Path.of(cache));
      } else if (!isEmpty(home) && Path.of(home).isAbsolute() && Files.isDirectory(Path.of(home))) {
        places.add(Path.of(home, ".cache"));
      }
      String temporary = property.apply("java.io.tmpdir");
      if (!isEmpty(temporary)) {
        places.add(Path.of(temporary).toAbsolutePath());
      }
      return places;
    } catch (InvalidPathException e) {
      throw new IOException("not a path: " + e.getMessage(), e);
    }
  }

  private static boolean isEmpty(String value) {
    return value == null || value.isBlank();
  }

  /**
   * Our folder in a place, made if there is none.
   *
   * <p>Where everybody may write, somebody else may have made a folder of its name. Then it is one
   * whose name nobody can foresee, and which later starts find again.
   *
   * @return its path without links
   * @throws IOException if it cannot be made, or others could exchange what is in it; the message
   *     names the folder, its owner and its mode
   */
  static Path in(Path place, FileOwners owners) throws IOException {
    Path existing = place;
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    refuseIfOpen(existing, owners); // before anything is made there
    Path real = make(place, owners);
    String name = "jaubert-natives-" + Integer.toUnsignedString(owners.user());
    Path folder = real.resolve(name);
    try {
      return Files.createDirectory(folder, ONLY_MINE);
    } catch (FileAlreadyExistsException e) {
      Optional<String> foreign = owners.notPrivate(folder);
      if (foreign.isEmpty()) {
        return folder;
      }
      if (WARNED.compareAndSet(false, true)) {
        LOG.warn("Left alone, as it is no folder of this user with mode 700: {}", foreign.get());
      }
    }
    try (DirectoryStream<Path> others = Files.newDirectoryStream(real, name + "-*")) {
      for (Path other : others) {
        if (owners.notPrivate(other).isEmpty()) {
          return other;
        }
      }
    }
    return Files.createTempDirectory(real, name + "-", ONLY_MINE);
  }

  /** Makes the place, unless somebody else was faster, and refuses it if it is theirs. */
  static Path make(Path place, FileOwners owners) throws IOException {
    Path real = Files.createDirectories(place, ONLY_MINE).toRealPath();
    refuseIfOpen(real, owners);
    return real;
  }

  private static void refuseIfOpen(Path place, FileOwners owners) throws IOException {
    Optional<String> weakness = owners.weakness(place, true);
    if (weakness.isPresent()) {
      throw new IOException("others may write there: " + weakness.get());
    }
  }
}
