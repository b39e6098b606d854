package io.github.jaubert.hub;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A model in the cache.
 *
 * @param repository its name on the Hub
 * @param folder with its blobs and snapshots
 * @param bytes on the disk, each file once however many versions have it
 * @param modified when a file of it was last written
 * @param revisions the commits that there are files of, by the branches and tags that stood for
 *     them; without the others
 * @param snapshots all commits that there are files of
 * @param complete whether one of them has config and weights
 */
public record CachedModel(
    String repository,
    Path folder,
    long bytes,
    Instant modified,
    Map<String, String> revisions,
    List<String> snapshots,
    boolean complete) {}
