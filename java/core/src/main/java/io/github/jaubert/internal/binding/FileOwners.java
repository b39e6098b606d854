package io.github.jaubert.internal.binding;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

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
  private static final int FILE_TYPE = 0170000;
  private static final int LINK = 0120000;

  /** On the way to one file; the system follows no more. */
  private static final int MOST_LINKS = 40;

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
   * Why somebody else could exchange what lies at {@code path}; empty if nobody could. Every link
   * on the way counts, and what it leads to, so that the path still leads to the same when it is
   * followed again. Of a folder that everybody may write to, such as /tmp, its sticky bit protects
   * what others own in it, and nothing else: {@code shared} allows one at the end of the path.
   *
   * @throws IOException if there is nothing at the path
   */
  Optional<String> weakness(Path path, boolean shared) throws IOException {
    Deque<Path> names = new ArrayDeque<>();
    Path part = follow(path.toAbsolutePath(), names);
    for (int links = 0; ; ) {
      Map<String, Object> attributes = attributes(part);
      boolean trusted = isTrusted(owner(attributes));
      boolean link = isLink(attributes);
      boolean closed = link || (mode(attributes) & WRITABLE_BY_THEM) == 0;
      boolean sticky = (mode(attributes) & STICKY) != 0 && (shared || !names.isEmpty());
      if (!trusted || !closed && !sticky) {
        return Optional.of(description(part, attributes));
      }
      if (link) {
        if (++links > MOST_LINKS) {
          throw new FileSystemLoopException(path.toString());
        }
        part = follow(part.resolveSibling(Files.readSymbolicLink(part)), names);
      } else if (names.isEmpty()) {
        return Optional.empty();
      } else {
        part = part.resolve(names.pop()).normalize(); // no link is in front of a ".."
      }
    }
  }

  /** Puts the names of a path in front of others, and gives the root that they begin at. */
  private static Path follow(Path path, Deque<Path> names) {
    for (int i = path.getNameCount() - 1; i >= 0; i--) {
      names.push(path.getName(i));
    }
    return path.getRoot();
  }

  /**
   * The same for a file, or a folder with all that is in it. What other processes delete meanwhile
   * does not matter.
   *
   * @throws IOException if a folder in it cannot be read
   */
  Optional<String> weaknessWithin(Path path) throws IOException {
    Optional<String> outside = weakness(path, false);
    if (outside.isPresent()) {
      return outside;
    }
    Search search = new Search();
    Files.walkFileTree(path.toRealPath(), search);
    return search.weakness;
  }

  /** For the first file that somebody else owns or may write to. */
  private final class Search extends SimpleFileVisitor<Path> {
    private Optional<String> weakness = Optional.empty();

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes basic)
        throws IOException {
      return visitFile(folder, basic);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes basic) throws IOException {
      try {
        Map<String, Object> attributes = attributes(file);
        boolean closed = isLink(attributes) || (mode(attributes) & WRITABLE_BY_THEM) == 0;
        if (!isTrusted(owner(attributes)) || !closed) {
          weakness = Optional.of(description(file, attributes));
          return FileVisitResult.TERMINATE;
        }
        return FileVisitResult.CONTINUE;
      } catch (IOException e) {
        return visitFileFailed(file, e);
      }
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }
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

  /** Of a link the other bits of the mode mean nothing. */
  private static boolean isLink(Map<String, Object> attributes) {
    return (mode(attributes) & FILE_TYPE) == LINK;
  }

  private String description(Path path, Map<String, Object> attributes) throws IOException {
    String number = Integer.toUnsignedString(owner(attributes));
    String name = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    return "%s%s belongs to user %s and has mode %o, and this is user %s"
        .formatted(
            path,
            isLink(attributes) ? ", a link," : "",
            name.equals(number) ? number : "%s (%s)".formatted(number, name),
            mode(attributes) & 07777,
            Integer.toUnsignedString(user));
  }
}
