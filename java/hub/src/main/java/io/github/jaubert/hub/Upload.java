package io.github.jaubert.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts a folder into a repository with one commit: the Hub says of each file whether it is large or
 * not, large ones are sent ahead, and the commit brings the small ones along.
 */
final class Upload {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String JSON_TYPE = "application/json";
  private static final int AT_ONCE = 256;

  private final HubSettings settings;
  private final Hub hub;
  private final HubHttp http;
  private final HubPaths paths;
  private final TransferListener listener;

  Upload(HubSettings settings, Hub hub, HubHttp http, TransferListener listener) {
    this.settings = settings;
    this.hub = hub;
    this.http = http;
    this.paths = new HubPaths(settings);
    this.listener = listener;
  }

  URI run(Path folder, ModelName to, boolean isPrivate, String message) {
    List<UploadFiles.Item> files = UploadFiles.of(folder);
    check(to);
    prepare(to, isPrivate);
    Set<String> large = new HashSet<>();
    Set<String> ignored = new HashSet<>();
    sort(to, files, large, ignored);
    List<UploadFiles.Item> wanted =
        files.stream().filter(file -> !ignored.contains(file.path())).toList();
    Map<String, UploadFiles.Item> byHash = new LinkedHashMap<>();
    ByteArrayOutputStream commit = new ByteArrayOutputStream();
    ObjectNode header = JSON.createObjectNode().put("summary", message).put("description", "");
    line(commit, "header", header);
    for (UploadFiles.Item file : wanted) {
      ObjectNode value = JSON.createObjectNode().put("path", file.path());
      if (large.contains(file.path())) {
        String hash = file.sha256();
        byHash.put(hash, file);
        value.put("algo", "sha256").put("oid", hash).put("size", file.size());
        line(commit, "lfsFile", value);
      } else {
        value.put("content", Base64.getEncoder().encodeToString(file.content()));
        line(commit, "file", value.put("encoding", "base64"));
      }
    }
    new LargeFiles(settings, hub, http, to, listener).send(byHash);
    JsonNode answer = hub.commit(to, commit.toByteArray());
    return seen(to, answer.path("commitUrl").asText(""));
  }

  private void check(ModelName to) {
    if (!to.repository().contains("/")) {
      throw new HubException(HubFault.REFUSED, to + ": name it OWNER/NAME, to say whose it is");
    }
    if (settings.offline()) {
      throw new HubException(
          HubFault.OFFLINE, to + ": connections are forbidden (--offline, HF_HUB_OFFLINE)");
    }
    if (settings.token() == null) {
      throw new HubException(
          HubFault.UNAUTHORIZED,
          "%s: an upload needs a token that may write: make one on %s/settings/tokens, and give it with HF_TOKEN, or a file that HF_TOKEN_PATH names"
              .formatted(to, settings.endpoint()));
    }
  }

  /**
   * Makes the repository if it is not there; what shall be private is never sent to a public one.
   */
  private void prepare(ModelName to, boolean isPrivate) {
    JsonNode there = there(to);
    if (there == null) {
      ObjectNode request = JSON.createObjectNode();
      request.put("type", "model");
      request.put("organization", to.repository().substring(0, to.repository().indexOf('/')));
      request.put("name", to.repository().substring(to.repository().indexOf('/') + 1));
      if (isPrivate) {
        request.put("visibility", "private");
      }
      hub.tell(to, paths.create(), request, JSON_TYPE);
      there = isPrivate ? hub.listing(to) : null;
    }
    if (isPrivate && !there.path("private").asBoolean(false)) {
      throw new HubException(
          HubFault.REFUSED,
          "%s: is public, so that nothing was uploaded with --private; make it private on %s/%s/settings"
              .formatted(to, settings.endpoint(), to.repository()));
    }
  }

  private JsonNode there(ModelName to) {
    try {
      return hub.listing(to);
    } catch (HubException e) {
      if (e.fault() == HubFault.NO_REPOSITORY) {
        return null;
      }
      throw e;
    }
  }

  /** Asks which files are large, and which the repository ignores. */
  private void sort(
      ModelName to, List<UploadFiles.Item> files, Set<String> large, Set<String> ignored) {
    for (int i = 0; i < files.size(); i += AT_ONCE) {
      ObjectNode request = JSON.createObjectNode();
      ArrayNode list = request.putArray("files");
      for (UploadFiles.Item file : files.subList(i, Math.min(files.size(), i + AT_ONCE))) {
        list.addObject()
            .put("path", file.path())
            .put("size", file.size())
            .put("sample", Base64.getEncoder().encodeToString(file.sample()));
      }
      JsonNode answer = hub.post(to, paths.api(to, "preupload"), request, JSON_TYPE);
      for (JsonNode file : answer.path("files")) {
        String path = file.path("path").asText();
        if (file.path("uploadMode").asText().equals("lfs")) {
          large.add(path);
        }
        if (file.path("shouldIgnore").asBoolean(false)) {
          ignored.add(path);
        }
      }
    }
    // Where they are kept, nothing can be empty.
    files.stream()
        .filter(file -> file.size() == 0)
        .map(UploadFiles.Item::path)
        .forEach(large::remove);
  }

  private static void line(ByteArrayOutputStream out, String key, ObjectNode value) {
    ObjectNode line = JSON.createObjectNode().put("key", key);
    line.set("value", value);
    out.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private URI seen(ModelName to, String commit) {
    try {
      return commit.isEmpty()
          ? URI.create(settings.endpoint() + "/" + to.repository())
          : HubHttp.checked(settings.endpoint(), settings.endpoint().resolve(commit));
    } catch (IllegalArgumentException | HubException e) {
      return URI.create(settings.endpoint() + "/" + to.repository()); // it is done all the same
    }
  }
}
