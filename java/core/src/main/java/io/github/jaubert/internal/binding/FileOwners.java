package io.github.jaubert.internal.binding;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who else may change what lies at a path, by the owners and modes of Unix.
 *
 * <p>Root and whoever owns "/" are trusted: they can change this program itself. (In a user
 * namespace "/" belongs to a user who stands for all that have no number there.)
 *
 * @param user the number of the user who runs this program
 * @param root the number of the owner of "/"
 */
record FileOwners(int user, int root) {
  private static final int GROUP_OR_OTHERS = 077;
  private static final int WRITABLE_BY_THEM = 022;
  private static final int STICKY = 01000;

  /**
   * For the user who runs this program.
   *
   * @throws IOException if the system does not say who that is
   */
  static FileOwners current() throws IOException {
    // Not Files.lines, which fails in a thread that is interrupted.
    try (BufferedReader status = Files.newBufferedReader(Path.of("/proc/self/status"))) {
      String numbers =
          status.lines().filter(line -> line.startsWith("Uid:")).findFirst().orElseThrow();
      // Real, effective, saved, and the one that new files get. "nobody" has more than 31 bits.
      int user = Integer.parseUnsignedInt(numbers.split("\\s+")[4]);
      return new FileOwners(user, owner(attributes(Path.of("/"))));
    } catch (RuntimeException e) {
      throw new IOException("/proc/self/status does not say which user this is", e);
    }
  }

  /**
   * Why somebody else could exchange what lies at {@code path}; empty if nobody could. Of a folder
   * that everybody may write to, such as /tmp, its sticky bit protects what others own in it, and
   * nothing else: {@code shared} allows one at the end of the path.
   */
  Optional<String> weakness(Path path, boolean shared) throws IOException {
    Path real = path.toRealPath();
    for (int names = 0; names <= real.getNameCount(); names++) {
      boolean last = names == real.getNameCount();
      Path part = names == 0 ? real.getRoot() : real.getRoot().resolve(real.subpath(0, names));
      Map<String, Object> attributes = attributes(part);
      boolean trusted = isTrusted(owner(attributes));
      boolean closed = (mode(attributes) & WRITABLE_BY_THEM) == 0;
      boolean sticky = (mode(attributes) & STICKY) != 0 && (shared || !last);
      if (!trusted || !closed && !sticky) {
        return Optional.of(description(part, attributes));
      }
    }
    return Optional.empty();
  }

  /** The same for a folder with all that is in it. */
  Optional<String> weaknessWithin(Path folder) throws IOException {
    Optional<String> outside = weakness(folder, false);
    if (outside.isPresent()) {
      return outside;
    }
    try (Stream<Path> files = Files.walk(folder.toRealPath())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Map<String, Object> attributes = attributes(file);
        boolean link = Files.isSymbolicLink(file); // its mode means nothing
        if (!isTrusted(owner(attributes)) || !link && (mode(attributes) & WRITABLE_BY_THEM) != 0) {
          return Optional.of(description(file, attributes));
        }
      }
    }
    return Optional.empty();
  }

  /** Why a folder is not this user's alone, to read and to write; empty if it is. */
  Optional<String> notPrivate(Path folder) throws IOException {
    Map<String, Object> attributes = attributes(folder);
    boolean isPrivate =
        Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
            && owner(attributes) == user
            && (mode(attributes) & GROUP_OR_OTHERS) == 0;
    return isPrivate ? Optional.empty() : Optional.of(description(folder, attributes));
  }

  /** Whether {@code file} is a plain file of this user. */
  boolean isOwnFile(Path file) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && owner(attributes(file)) == user;
  }

  private boolean isTrusted(int owner) {
    return owner == user || owner == 0 || owner == root;
  }

  private static Map<String, Object> attributes(Path path) throws IOException {
    return Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
  }

  private static int owner(Map<String, Object> attributes) {
    return (Integer) attributes.get("uid");
  }

  private static int mode(Map<String, Object> attributes) {
    return (Integer) attributes.get("mode");
  }

  private String description(Path path, Map<String, Object> attributes) throws IOException {
    String number = Integer.toUnsignedString(owner(attributes));
    String name = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    return "%s%s belongs to user %s and has mode %o, and this is user %s"
        .formatted(
            path,
            Files.isSymbolicLink(path) ? ", a link," : "",
            name.equals(number) ? number : "%s (%s)".formatted(number, name),
            mode(attributes) & 07777,
            Integer.toUnsignedString(user));
  }
}
