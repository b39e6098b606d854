package io.github.jaubert.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How {@link FakeHub} takes uploads: repositories, large files, commits. */
final class FakeUploads {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final FakeHub hub;

  FakeUploads(FakeHub hub) {
    this.hub = hub;
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    return JSON.readTree(exchange.getRequestBody().readAllBytes());
  }

  /** The hub's address as whoever asks has it, who may call this machine otherwise. */
  private static String asked(HttpExchange exchange) {
    return "http://" + exchange.getRequestHeaders().getFirst("Host");
  }

  void create(HttpExchange exchange) throws IOException {
    JsonNode wanted = body(exchange);
    String name = wanted.path("organization").asText() + "/" + wanted.path("name").asText();
    if (hub.repositories.containsKey(name)) {
      FakeHub.json(
              409,
              "{\"error\":\"You already created this model repo\",\"url\":\"%s/%s\"}"
                  .formatted(asked(exchange), name))
          .answer(exchange);
      return;
    }
    hub.repository(name).isPrivate = wanted.path("visibility").asText().equals("private");
    FakeHub.json(200, "{\"url\":\"%s/%s\"}".formatted(asked(exchange), name)).answer(exchange);
  }

  void preupload(HttpExchange exchange) throws IOException {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode files = answer.putArray("files");
    for (JsonNode file : body(exchange).path("files")) {
      String path = file.path("path").asText();
      files
          .addObject()
          .put("path", path)
          .put("uploadMode", path.endsWith(".safetensors") ? "lfs" : "regular")
          .put("shouldIgnore", path.equals("ignored.txt"));
    }
    FakeHub.send(exchange, 200, JSON.writeValueAsBytes(answer));
  }

  void announced(HttpExchange exchange) throws IOException {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode objects = answer.putArray("objects");
    for (JsonNode wanted : body(exchange).path("objects")) {
      String hash = wanted.path("oid").asText();
      long size = wanted.path("size").asLong();
      ObjectNode object = objects.addObject().put("oid", hash).put("size", size);
      if (hub.uploaded.containsKey(hash)) {
        continue;
      }
      ObjectNode actions = object.putObject("actions");
      ObjectNode upload = actions.putObject("upload");
      if (hub.partSize == 0) {
        upload.put("href", hub.storeAddress() + "/" + hash);
      } else {
        upload.put("href", hub.address() + "/complete/" + hash);
        ObjectNode header =
            upload.putObject("header").put("chunk_size", Integer.toString(hub.partSize));
        for (int i = 1; (i - 1) * (long) hub.partSize < size; i++) {
          header.put("%05d".formatted(i), hub.storeAddress() + "/" + hash + "/" + i);
        }
      }
      actions.putObject("verify").put("href", hub.address() + "/verify/" + hash);
    }
    FakeHub.send(exchange, 200, JSON.writeValueAsBytes(answer));
  }

  void complete(HttpExchange exchange) throws IOException {
    JsonNode done = body(exchange);
    String hash = done.path("oid").asText();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (JsonNode part : done.path("parts")) {
      String key = hash + "/" + part.path("partNumber").asInt();
      if (!part.path("etag").asText().equals("\"part " + key + '"')) {
        exchange.sendResponseHeaders(400, -1);
        return;
      }
      whole.writeBytes(hub.uploaded.get(key));
    }
    hub.uploaded.put(hash, whole.toByteArray());
    exchange.sendResponseHeaders(200, -1);
  }

  void commit(HttpExchange exchange, FakeRepository repository) throws IOException {
    for (String line :
        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
      JsonNode json = JSON.readTree(line);
      hub.committed.add(json);
      JsonNode value = json.path("value");
      String path = value.path("path").asText();
      if (json.path("key").asText().equals("file")) {
        repository.file(path, Base64.getDecoder().decode(value.path("content").asText()));
      } else if (json.path("key").asText().equals("lfsFile")) {
        byte[] content = hub.uploaded.get(value.path("oid").asText());
        if (content == null
            || !FakeRepository.hex("SHA-256", content).equals(value.path("oid").asText())) {
          FakeHub.json(400, "{\"error\":\"a file is missing: " + path + "\"}").answer(exchange);
          return;
        }
        repository.large(path, content);
      }
    }
    String commit = repository.commit();
    FakeHub.json(
            200,
            "{\"success\":true,\"commitOid\":\"%s\",\"commitUrl\":\"%s/%s/commit/%1$s\"}"
                .formatted(commit, asked(exchange), repository.name))
        .answer(exchange);
  }
}
