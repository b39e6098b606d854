package io.github.jaubert.measure.signing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** All that a model's folder holds, hidden files too; or the one file that is the model. */
final class ModelTree {
  /** What the format leaves out of every model. */
  static final List<String> GIT = List.of(".git", ".gitattributes", ".github", ".gitignore");

  private static final int BUFFER = 1 << 20;

  private final TreeMap<String, Path> files = new TreeMap<>(Manifest.ORDER);
  private final TreeMap<String, Path> links = new TreeMap<>(Manifest.ORDER);
  private final TreeMap<String, String> others = new TreeMap<>(Manifest.ORDER);
  private final List<String> ignored = new ArrayList<>();

  private ModelTree() {}

  /**
   * Lists a model.
   *
   * @param ignore names of files and of folders that are not looked into
   * @throws SigningException if it is not there or cannot be read
   */
  static ModelTree of(Path model, Collection<String> ignore) {
    ModelTree tree = new ModelTree();
    if (Files.isRegularFile(model)) {
      tree.files.put(".", model);
      return tree;
    }
    if (!Files.isDirectory(model)) {
      throw new SigningException(
          model.toString(),
          Files.exists(model, LinkOption.NOFOLLOW_LINKS)
              ? "is neither a folder nor a file"
              : "no such folder or file");
    }
    Deque<Path> folders = new ArrayDeque<>(List.of(model));
    while (!folders.isEmpty()) {
      Path folder = folders.pop();
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
        for (Path path : all) {
          String name = name(model, path);
          if (ignore.contains(name)) {
            tree.ignored.add(name);
          } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            folders.push(path);
          } else {
            tree.add(name, path);
          }
        }
      } catch (IOException e) {
        throw SigningException.unreadable(folder, e);
      } catch (DirectoryIteratorException e) {
        throw SigningException.unreadable(folder, e.getCause());
      }
    }
    tree.ignored.sort(Manifest.ORDER);
    return tree;
  }

  private void add(String name, Path path) {
    if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      files.put(name, path);
    } else if (!Files.isSymbolicLink(path)) {
      others.put(name, "is neither a file nor a folder");
    } else if (Files.isRegularFile(path)) {
      links.put(name, path);
    } else {
      others.put(
          name,
          Files.isDirectory(path)
              ? "is a symbolic link to a folder, which the format does not look into"
              : "is a symbolic link to nothing");
    }
  }

  /** The name of a path within the model, as signatures have it. */
  private static String name(Path model, Path path) {
    StringBuilder name = new StringBuilder();
    for (Path step : model.relativize(path)) {
      name.append(name.isEmpty() ? "" : "/").append(step);
    }
    if (name.indexOf("\uFFFD") >= 0 || !isText(name.toString())) {
      throw new SigningException(
          Json.plain(path.toString()),
          "this name is no text; rename the file, or set LC_ALL=C.UTF-8");
    }
    return name.toString();
  }

  private static boolean isText(String name) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(name);
  }

  /**
   * What a path is called within the model.
   *
   * @return nothing if it is not within
   */
  static Optional<String> within(Path model, Path path) {
    if (!Files.isDirectory(model)) {
      return Optional.empty();
    }
    Path absolute = path.toAbsolutePath().normalize();
    try {
      Path folder = absolute.getParent();
      Path real = folder == null ? absolute : folder.toRealPath().resolve(absolute.getFileName());
      Path root = model.toRealPath();
      return real.startsWith(root) && !real.equals(root)
          ? Optional.of(name(root, real))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // no such folder
    }
  }

  /** What the model is called: its folder or file. */
  static String nameOf(Path model) {
    Path name = model.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  /** Files that are no links, by their names within the model. */
  TreeMap<String, Path> files() {
    return files;
  }

  /** Symbolic links to files. */
  TreeMap<String, Path> links() {
    return links;
  }

  /** What cannot be signed, such as a pipe, and why. */
  TreeMap<String, String> others() {
    return others;
  }

  /** What of that to be ignored is there. */
  List<String> ignored() {
    return ignored;
  }

  /**
   * The SHA-256 of a file, or of each part of it.
   *
   * @param shardSize the size of a part in bytes
   * @return at least one, in hexadecimal digits
   */
  static List<String> hashes(String name, Path file, long shardSize, HashListener listener) {
    List<String> hashes = new ArrayList<>();
    MessageDigest digest = VerificationKey.sha256();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      long size = Files.size(file);
      long done = 0;
      long left = shardSize;
      while (true) {
        int n = in.read(buffer, 0, (int) Math.min(BUFFER, left));
        if (n < 0) {
          break;
        }
        digest.update(buffer, 0, n);
        done += n;
        left -= n;
        listener.hashed(name, done, size);
        if (left == 0) {
          hashes.add(HexFormat.of().formatHex(digest.digest()));
          left = shardSize;
        }
      }
      if (left < shardSize || hashes.isEmpty()) {
        hashes.add(HexFormat.of().formatHex(digest.digest()));
      }
    } catch (IOException e) {
      throw SigningException.unreadable(file, e);
    }
    return hashes;
  }
}
