package io.github.jaubert.hub;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that Python's {@code huggingface_hub} keeps models in, as it lays it out:
 *
 * <pre>
 * models--OWNER--NAME/blobs/ETAG            contents, by their hash
 * models--OWNER--NAME/snapshots/COMMIT/FILE links to them
 * models--OWNER--NAME/refs/BRANCH           the commit that a branch or tag stood for
 * models--OWNER--NAME/.no_exist/COMMIT/FILE files that the repository does not have
 * .locks/models--OWNER--NAME/ETAG.lock      held while a file is fetched
 * </pre>
 */
final class HubCache {
  private static final Logger LOG = LoggerFactory.getLogger(HubCache.class);

  /** Names of blobs come from the server, and become names of files. */
  private static final Pattern ETAG = Pattern.compile("[0-9A-Za-z][0-9A-Za-z_.+=-]{0,127}");

  /** Backups leave a folder out that holds it: https://bford.info/cachedir/. */
  private static final String CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n";

  private final Path root;

  HubCache(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  static String folderName(ModelName name) {
    return "models--" + name.repository().replace("/", "--");
  }

  Path folder(ModelName name) {
    return root.resolve(folderName(name));
  }

  Path snapshot(ModelName name, String commit) {
    return folder(name).resolve("snapshots").resolve(commit);
  }

  Path file(ModelName name, String commit, String path) {
    RemoteFile.check(path);
    return snapshot(name, commit).resolve(path);
  }

  /**
   * Where a content goes.
   *
   * @throws HubException if the server's name for it is none for a file
   */
  Path blob(ModelName name, String etag) {
    if (!ETAG.matcher(etag).matches()) {
      throw new HubException(
          HubFault.PROTOCOL, "has the etag '%s'".formatted(HubErrors.plain(etag)));
    }
    return folder(name).resolve("blobs").resolve(etag);
  }

  Path lock(ModelName name, String etag) {
    return root.resolve(".locks").resolve(folderName(name)).resolve(etag + ".lock");
  }

  /** The commit that a revision is, as far as the cache knows. */
  Optional<String> commit(ModelName name) {
    if (name.isCommit()) {
      return Optional.of(name.revision());
    }
    Path ref = folder(name).resolve("refs").resolve(name.revision());
    try {
      return Optional.of(Files.readString(ref).strip()).filter(ModelName::isCommit);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The files of a snapshot, by their paths in the repository; none if there is no snapshot. */
  Set<String> files(ModelName name, String commit) {
    Path snapshot = snapshot(name, commit);
    Set<String> files = new TreeSet<>();
    if (Files.isDirectory(snapshot)) {
      try (Stream<Path> all = Files.walk(snapshot)) {
        all.filter(Files::isRegularFile) // not a link whose content is gone
            .map(file -> snapshot.relativize(file).toString())
            .forEach(files::add);
      } catch (IOException e) {
        throw Disk.unreadable(snapshot, e);
      }
    }
    return files;
  }

  /** Makes the folders that a file of a snapshot needs. */
  void prepare(Path blob, Path file) {
    try {
      Files.createDirectories(blob.getParent());
      Files.createDirectories(file.getParent());
      Path tag = root.resolve("CACHEDIR.TAG");
      if (!Files.exists(tag)) {
        Files.writeString(tag, CACHE_TAG);
      }
    } catch (FileAlreadyExistsException e) {
      throw new HubException(HubFault.DISK, e.getFile() + ": is a file, not a folder", e);
    } catch (IOException e) {
      throw Disk.unwritable(root, e);
    }
  }

  /** Puts a content where a snapshot has it: a link, or a copy where there are no links. */
  void link(Path blob, Path file) {
    if (Files.exists(file)) {
      return;
    }
    try {
      Files.deleteIfExists(file); // a link whose content was gone
      Files.createSymbolicLink(file, file.getParent().relativize(blob));
    } catch (FileAlreadyExistsException e) {
      LOG.debug("{}: another process made it", file);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("{}: no links here, a copy is made", file, e);
      copy(blob, file);
    }
  }

  private static void copy(Path blob, Path file) {
    Path part = unique(file);
    try {
      Files.copy(blob, part);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw Disk.unwritable(file, e);
    } finally {
      delete(part);
    }
  }

  /** Remembers what a branch or tag stands for, where it is another commit than before. */
  void remember(ModelName name, String commit) {
    if (name.isCommit() || commit(name).filter(commit::equals).isPresent()) {
      return;
    }
    Path ref = folder(name).resolve("refs").resolve(name.revision());
    Path part = unique(ref);
    try {
      Files.createDirectories(ref.getParent());
      Files.writeString(part, commit);
      Files.move(part, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("{}: cannot be written: {}", ref, Disk.describe(e)); // a cache that is only read
    } finally {
      delete(part);
    }
  }

  /** Remembers that a repository does not have a file, so that Python need not ask. */
  void rememberAbsent(ModelName name, String commit, String path) {
    Path file = folder(name).resolve(".no_exist").resolve(commit).resolve(path);
    try {
      Files.createDirectories(file.getParent());
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // known
    } catch (IOException e) {
      LOG.debug("{}: cannot be written: {}", file, Disk.describe(e));
    }
  }

  private static Path unique(Path file) {
    return file.resolveSibling(
        "%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID().toString().substring(0, 8)));
  }

  /** Deletes what is of no use any more; if that fails, it only takes room. */
  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.debug("{}: cannot be deleted: {}", file, Disk.describe(e));
    }
  }
}
