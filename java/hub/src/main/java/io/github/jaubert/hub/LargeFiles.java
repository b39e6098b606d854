package io.github.jaubert.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends large files to where the Hub keeps them, as Git LFS does: the Hub is told hash and size,
 * and answers with an address for each that it does not have, or with one for each part. See
 * https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md.
 */
final class LargeFiles {
  private static final String TYPE = "application/vnd.git-lfs+json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HubSettings settings;
  private final Hub hub;
  private final HubHttp http;
  private final HubErrors errors;
  private final ModelName to;
  private final TransferListener listener;

  LargeFiles(HubSettings settings, Hub hub, HubHttp http, ModelName to, TransferListener listener) {
    this.settings = settings;
    this.hub = hub;
    this.http = http;
    this.errors = new HubErrors(settings);
    this.to = to;
    this.listener = listener;
  }

  /** Sends what the Hub does not have; the files are given by their SHA-256. */
  void send(Map<String, UploadFiles.Item> files) {
    if (files.isEmpty()) {
      return;
    }
    ObjectNode request = JSON.createObjectNode();
    request.put("operation", "upload").put("hash_algo", "sha256");
    request.putArray("transfers").add("basic").add("multipart");
    request.putObject("ref").put("name", to.revision());
    ArrayNode objects = request.putArray("objects");
    files.forEach((hash, file) -> objects.addObject().put("oid", hash).put("size", file.size()));
    JsonNode answer = hub.post(to, new HubPaths(settings).largeFiles(to), request, TYPE);
    for (JsonNode object : answer.path("objects")) {
      String hash = object.path("oid").asText();
      UploadFiles.Item file = files.get(hash);
      if (file == null) {
        throw new HubException(
            HubFault.PROTOCOL, to + ": the Hub asks for a file that it was not told of");
      }
      if (object.has("error")) {
        throw new HubException(
            HubFault.FORBIDDEN,
            "%s, %s: the Hub does not take it: %s"
                .formatted(
                    to,
                    file.path(),
                    HubErrors.plain(object.at("/error/message").asText("no reason"))));
      }
      JsonNode actions = object.path("actions");
      if (actions.has("upload")) {
        send(file, hash, actions.path("upload"));
      } else {
        listener.transferred(file.path(), file.size(), file.size()); // it is there
      }
      if (actions.has("verify")) {
        ObjectNode sent = JSON.createObjectNode().put("oid", hash).put("size", file.size());
        hub.tell(to, address(actions.path("verify").path("href")), sent, TYPE);
      }
    }
  }

  private URI address(JsonNode href) {
    try {
      return HubHttp.checked(
          settings.endpoint(),
          settings.endpoint().resolve(HubHttp.escaped(href.asText("no address"))));
    } catch (IllegalArgumentException e) {
      throw new HubException(HubFault.PROTOCOL, to + ": the Hub names no address to upload to", e);
    } catch (HubException e) {
      throw HubErrors.about(to.toString(), e);
    }
  }

  private void send(UploadFiles.Item file, String hash, JsonNode action) {
    URI address = address(action.path("href"));
    long partSize = action.at("/header/chunk_size").asLong(0);
    if (partSize <= 0) {
      put(file, address, 0, file.size());
      return;
    }
    TreeMap<Integer, URI> parts = new TreeMap<>();
    action
        .path("header")
        .properties()
        .forEach(
            field -> {
              if (field.getKey().matches("\\d{1,6}")) {
                parts.put(Integer.parseInt(field.getKey()), address(field.getValue()));
              }
            });
    if (parts.size() != (file.size() + partSize - 1) / partSize) {
      throw new HubException(
          HubFault.PROTOCOL,
          "%s, %s: the Hub wants %d bytes in %d parts of %d"
              .formatted(to, file.path(), file.size(), parts.size(), partSize));
    }
    ObjectNode done = JSON.createObjectNode().put("oid", hash);
    ArrayNode sent = done.putArray("parts");
    long at = 0;
    for (URI part : parts.values()) {
      String etag = put(file, part, at, Math.min(partSize, file.size() - at)).header("ETag");
      if (etag == null || etag.isEmpty()) {
        throw new HubException(
            HubFault.PROTOCOL,
            "%s, %s: %s gives no ETag for a part".formatted(to, file.path(), HubHttp.host(part)));
      }
      int number = sent.size() + 1;
      sent.addObject().put("partNumber", number).put("etag", etag);
      at += partSize;
    }
    hub.tell(to, address, done, TYPE);
  }

  private HubHttp.Answer put(UploadFiles.Item file, URI address, long from, long length) {
    AtomicLong sent = new AtomicLong();
    HubHttp.Call call =
        HubHttp.Call.put(
            address,
            () -> {
              sent.set(from); // anew for every try
              return new CountingPublisher(
                  slice(file, from, length),
                  bytes -> listener.transferred(file.path(), sent.addAndGet(bytes), file.size()));
            });
    try {
      HubHttp.Answer answer = http.ask(call, new Sink.Bytes(1 << 20), http.retries());
      if (!answer.isSuccess()) {
        throw errors.of(to, file.path(), answer);
      }
      return answer;
    } catch (IOException e) {
      throw errors.unreachable(to, file.path(), address, e);
    }
  }

  private static BodyPublisher slice(UploadFiles.Item file, long from, long length) {
    BodyPublisher bytes =
        BodyPublishers.ofInputStream(
            () -> {
              try {
                InputStream in = Files.newInputStream(file.file());
                in.skipNBytes(from);
                return new Slice(in, length);
              } catch (IOException e) {
                throw Disk.unreadable(file.file(), e);
              }
            });
    return length == 0 ? BodyPublishers.noBody() : BodyPublishers.fromPublisher(bytes, length);
  }

  /** The next bytes of a stream. */
  private static final class Slice extends InputStream {
    private final InputStream in;
    private long left;

    Slice(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int at, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = in.read(bytes, at, (int) Math.min(length, left));
      left -= Math.max(read, 0);
      return read;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
