package io.github.jaubert.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What models the cache holds. */
final class CacheListing {
  private static final String PREFIX = "models--";
  private final HubCache cache;

  CacheListing(HubCache cache) {
    this.cache = cache;
  }

  /** All of them, by name. */
  List<CachedModel> models() {
    List<CachedModel> models = new ArrayList<>();
    for (Path folder : list(cache.root(), Files::isDirectory)) {
      String name = folder.getFileName().toString();
      if (name.startsWith(PREFIX)) {
        model(name.substring(PREFIX.length()).replace("--", "/"), folder).ifPresent(models::add);
      }
    }
    models.sort(Comparator.comparing(CachedModel::repository, String.CASE_INSENSITIVE_ORDER));
    return models;
  }

  private Optional<CachedModel> model(String repository, Path folder) {
    if (!ModelName.isName(repository)) {
      return Optional.empty(); // made by something else
    }
    ModelName name = ModelName.of(repository);
    List<String> snapshots =
        list(folder.resolve("snapshots"), Files::isDirectory).stream()
            .map(snapshot -> snapshot.getFileName().toString())
            .filter(ModelName::isCommit)
            .sorted()
            .toList();
    Map<String, String> revisions = new TreeMap<>();
    Path refs = folder.resolve("refs");
    for (Path ref : walk(refs)) {
      String revision = refs.relativize(ref).toString();
      if (ModelName.isName(repository + "@" + revision)) {
        cache
            .commit(name.at(revision))
            .filter(snapshots::contains)
            .ifPresent(commit -> revisions.put(revision, commit));
      }
    }
    long bytes = 0;
    Instant modified = Instant.EPOCH;
    for (Path blob : walk(folder)) {
      try {
        BasicFileAttributes file = Files.readAttributes(blob, BasicFileAttributes.class);
        // A snapshot's links are to what is counted among the blobs.
        if (!Files.isSymbolicLink(blob) || blob.startsWith(folder.resolve("blobs"))) {
          bytes += file.size();
        }
        Instant written = file.lastModifiedTime().toInstant();
        modified = written.isAfter(modified) ? written : modified;
      } catch (IOException e) {
        // deleted meanwhile, or a link to nothing
      }
    }
    boolean complete = snapshots.stream().anyMatch(commit -> isComplete(cache.files(name, commit)));
    return Optional.of(
        new CachedModel(repository, folder, bytes, modified, revisions, snapshots, complete));
  }

  private static boolean isComplete(Set<String> files) {
    ModelFiles model = new ModelFiles(files);
    return model.isModel() && model.hasWeights();
  }

  private static List<Path> list(Path folder, Predicate<Path> wanted) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(wanted).toList();
    } catch (IOException e) {
      throw Disk.unreadable(folder, e);
    }
  }

  private static List<Path> walk(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> !Files.isDirectory(file)).toList();
    } catch (IOException e) {
      throw Disk.unreadable(folder, e);
    }
  }
}
