package io.github.jaubert.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings one file of a repository into the cache. */
final class Download {
  private static final Logger LOG = LoggerFactory.getLogger(Download.class);
  private static final int RANGE_NOT_SATISFIABLE = 416;

  private final HubSettings settings;
  private final HubHttp http;
  private final HubErrors errors;
  private final HubCache cache;
  private final ModelName name;
  private final String commit;
  private final TransferListener listener;

  /** For the files of one commit. */
  Download(
      HubSettings settings,
      HubHttp http,
      HubCache cache,
      ModelName name,
      String commit,
      TransferListener listener) {
    this.settings = settings;
    this.http = http;
    this.errors = new HubErrors(settings);
    this.cache = cache;
    this.name = name;
    this.commit = commit;
    this.listener = listener;
  }

  /** What the Hub says of a file. */
  private record Metadata(String etag, long size) {}

  /**
   * Fetches a file unless it is there.
   *
   * @throws HubException if that fails; what has come of it is kept for the next try
   */
  void fetch(RemoteFile file) {
    try {
      Path place = cache.file(name, commit, file.path());
      if (Files.exists(place)) {
        return;
      }
      URI address = address(file.path());
      Metadata metadata = metadata(address, file);
      Path blob = cache.blob(name, metadata.etag());
      cache.prepare(blob, place);
      try (BlobLock lock = BlobLock.take(cache.lock(name, metadata.etag()))) {
        if (!Files.exists(blob)) {
          fetch(address, file, metadata, blob, lock.isExclusive());
        }
        cache.link(blob, place);
      }
    } catch (HubException e) {
      String subject = HubErrors.subject(name, HubErrors.plain(file.path()));
      throw e.getMessage().startsWith(subject) ? e : HubErrors.about(subject, e);
    } catch (IOException e) {
      throw HubErrors.about(
          HubErrors.subject(name, file.path()), Disk.unwritable(cache.folder(name), e));
    }
  }

  private URI address(String path) {
    return new HubPaths(settings).file(name, commit, path);
  }

  private Metadata metadata(URI address, RemoteFile file) {
    HubHttp.Answer answer;
    try {
      answer = http.ask(HubHttp.Call.head(address), new Sink.Bytes(0), http.retries());
    } catch (IOException e) {
      throw errors.unreachable(name, file.path(), address, e);
    }
    if (!answer.isSuccess() && !answer.isRedirect()) {
      throw errors.of(name, file.path(), answer);
    }
    String there = said(answer, "X-Repo-Commit");
    if (there == null) {
      throw new HubException(
          HubFault.PROTOCOL,
          "the answer of %s is none of a hub (no X-Repo-Commit); is HF_ENDPOINT right, or is a proxy in between?"
              .formatted(HubHttp.host(address)));
    }
    if (!there.equals(commit)) {
      throw new HubException(
          HubFault.PROTOCOL,
          "of commit %s was asked for, and %s came".formatted(commit, HubErrors.plain(there)));
    }
    String linked = said(answer, "X-Linked-Etag");
    String etag = linked == null && answer.isSuccess() ? answer.header("ETag") : linked;
    if (etag == null) {
      throw new HubException(HubFault.PROTOCOL, "comes without an ETag");
    }
    etag = etag.strip().replaceFirst("^W/", "").replaceAll("^\"|\"$", "");
    if (file.sha256() != null && !file.sha256().equals(etag)) {
      throw new HubException(
          HubFault.DAMAGED,
          "has the hash %s in the listing, and %s by itself"
              .formatted(file.sha256(), HubErrors.plain(etag)));
    }
    long size = size(answer, file);
    if (size < 0) {
      throw new HubException(HubFault.PROTOCOL, "comes without a size, and might never end");
    }
    return new Metadata(etag, size);
  }

  /** A header of the Hub, wherever on the way it stood. */
  private static String said(HubHttp.Answer answer, String header) {
    String value = answer.header(header);
    return value == null ? answer.fromHub().get(header) : value;
  }

  private static long size(HubHttp.Answer answer, RemoteFile file) {
    String linked = said(answer, "X-Linked-Size");
    String text = linked == null && answer.isSuccess() ? answer.header("Content-Length") : linked;
    long size = text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    if (file.size() >= 0 && size >= 0 && size != file.size()) {
      throw new HubException(
          HubFault.DAMAGED,
          "has %d bytes in the listing, and %d by itself".formatted(file.size(), size));
    }
    return Math.max(size, file.size());
  }

  private void fetch(URI address, RemoteFile file, Metadata metadata, Path blob, boolean exclusive)
      throws IOException {
    // Not the name that Python has, which would go on writing to a file that is in place already.
    Path part =
        blob.resolveSibling(
            metadata.etag()
                + (exclusive ? ".jaubert" : "." + UUID.randomUUID().toString().substring(0, 8))
                + ".incomplete");
    boolean keep = exclusive;
    long[] told = {0};
    PartFile[] self = {null};
    Runnable moved = () -> told[0] = tell(file, self[0].size(), metadata.size(), told[0]);
    try (PartFile sink = PartFile.open(part, metadata.size(), moved)) {
      self[0] = sink;
      checkRoom(part, metadata.size() - sink.size());
      if (sink.size() > 0) {
        LOG.info("{}: goes on from {} bytes", HubErrors.subject(name, file.path()), sink.size());
      }
      transfer(address, file, sink);
      verify(address, file, metadata, sink);
      sink.sync();
      listener.transferred(file.path(), sink.size(), sink.size());
    } catch (HubException e) {
      keep &= e.fault() != HubFault.DAMAGED;
      throw e;
    } finally {
      if (!keep) {
        HubCache.delete(part);
      }
    }
    Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private long tell(RemoteFile file, long bytes, long size, long told) {
    if (bytes - told < (1 << 16) && bytes != size && bytes >= told) {
      return told;
    }
    listener.transferred(file.path(), bytes, size);
    return bytes;
  }

  private static void checkRoom(Path part, long needed) throws IOException {
    long free = Files.getFileStore(part.getParent()).getUsableSpace();
    if (needed > free) {
      throw new HubException(
          HubFault.DISK,
          "%s: %d MB are needed, and %d MB are free; HF_HUB_CACHE names another folder"
              .formatted(part.getParent(), (needed >> 20) + 1, free >> 20));
    }
  }

  /** Asks for what is missing until all is there. */
  private void transfer(URI address, RemoteFile file, PartFile sink) throws IOException {
    Retries retries = http.retries();
    boolean begunAnew = false;
    while (!sink.isWhole()) {
      long before = sink.size();
      HubHttp.Call call = HubHttp.Call.get(address);
      try {
        HubHttp.Answer answer =
            http.send(before > 0 ? call.with("Range", "bytes=" + before + "-") : call, sink);
        if (answer.isSuccess()) {
          if (sink.isWhole()) {
            return;
          }
          throw new IOException("%d of %d bytes came".formatted(sink.size(), sink.due()));
        }
        if (answer.status() == RANGE_NOT_SATISFIABLE && before > 0 && !begunAnew) {
          begunAnew = true;
          sink.restart();
        } else if (!retries.again(answer.status(), answer.headers())) {
          throw errors.of(name, file.path(), answer);
        }
      } catch (IOException e) {
        if (sink.size() > before) {
          retries.progressed();
        }
        LOG.debug("{} broke off at {} bytes", file.path(), sink.size(), e);
        if (!retries.again(e)) {
          throw errors.unreachable(name, file.path(), address, e);
        }
      }
    }
  }

  /** Compares what came with its hash; if it was put together of several tries, it begins anew. */
  private void verify(URI address, RemoteFile file, Metadata metadata, PartFile sink)
      throws IOException {
    List<String> hash = hash(file, metadata);
    if (hash.isEmpty() || actual(hash, sink).equals(hash.get(1))) {
      return;
    }
    if (sink.isResumed()) {
      LOG.warn(
          "{}: what an earlier try left does not fit; it is fetched anew",
          HubErrors.subject(name, file.path()));
      sink.restart();
      transfer(address, file, sink);
      if (actual(hash, sink).equals(hash.get(1))) {
        return;
      }
    }
    throw new HubException(
        HubFault.DAMAGED,
        "what came from %s has the %s %s, not %s; nothing of it was kept, try again"
            .formatted(HubHttp.host(address), hash.get(0), actual(hash, sink), hash.get(1)));
  }

  private static final String SHA256 = "SHA-256";

  /** Which hash it must have: a large file's name is its own, a small one's is Git's. */
  private static List<String> hash(RemoteFile file, Metadata metadata) {
    if (metadata.etag().matches("[0-9a-f]{64}")) {
      return List.of(SHA256, metadata.etag());
    }
    // Mirrors may have names of their own; the listing is what says that it is Git's.
    return metadata.etag().equals(file.gitBlob())
        ? List.of("Git hash", metadata.etag())
        : List.of();
  }

  private static String actual(List<String> hash, PartFile sink) throws IOException {
    return hash.get(0).equals(SHA256) ? sink.sha256() : sink.gitBlob();
  }
}
