package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What docs/hub.md says of faults, row by row. */
class HubFaultsTest extends FaultFixture {
  // ---- who may ----

  @Test
  void noSuchRepositoryWithoutAToken() {
    fails(hub(), "no/such", HubFault.NO_REPOSITORY, "Repository not found", "HF_TOKEN", "/no/such");
    assertEquals(List.of(), waits);
    assertEquals(Set.of(), files(cache()));
  }

  @Test
  void noSuchRepositoryWithAToken() {
    fails(hub(settings("secret")), "no/such", HubFault.NO_REPOSITORY, "404");
  }

  @Test
  void aTokenThatIsNotTaken() {
    model();
    server.next(
        "GET",
        "/api/",
        FakeHub.status(401, "X-Error-Message", "Invalid credentials in Authorization header"));
    HubException e =
        fails(
            hub(settings("wrong")),
            NAME,
            HubFault.UNAUTHORIZED,
            "Invalid credentials",
            "/settings/tokens");
    assertFalse(e.getMessage().contains("wrong"), "the token is not told");
  }

  @Test
  void aGatedRepository() {
    model().gated = true;
    fails(
        HubFault.GATED, "config.json", "terms accepted", server.address() + "/" + NAME, "HF_TOKEN");
    assertNoWeights();
    assertEquals(3, files(hub(settings("secret")).fetch(ModelName.of(NAME))).size());
  }

  @Test
  void forbidden() {
    server.next("GET", "/api/", FakeHub.status(403));
    fails(hub(settings("secret")), NAME, HubFault.FORBIDDEN, "the token lacks the right");
  }

  @Test
  void aFileThatTheListingHasAndTheHubNot() {
    FakeRepository model = model();
    server.next("HEAD", "tokenizer.json", FakeHub.status(404, "X-Error-Code", "EntryNotFound"));
    fails(HubFault.NO_FILE, "tokenizer.json", "not this file");
    assertNoWeights();
    assertEquals(3, files(fetch()).size(), "the next time all is well: " + model.commit());
  }

  // ---- what passes ----

  @Test
  void tooManyRequestsAreWaitedOut() {
    model();
    server.next("GET", "/api/", FakeHub.status(429, "Retry-After", "7"));
    server.next("HEAD", "config.json", FakeHub.status(429, "RateLimit", "\"resolvers\";r=0;t=11"));
    server.next("GET", "tokenizer.json", FakeHub.status(429));
    fetch();
    assertEquals(List.of(7L, 11L, 1L), seconds());
  }

  @Test
  void tooManyRequestsForTooLong() {
    model();
    server.next("GET", "/api/", FakeHub.status(429, "Retry-After", "3600"));
    fails(HubFault.RATE_LIMIT, "Retry-After: 3600");
    assertEquals(List.of(), waits);
  }

  @Test
  void aServerThatFailsForAWhile() {
    model();
    server.next("GET", "/api/", FakeHub.status(500)).next("GET", "/api/", FakeHub.status(502));
    server.next("GET", "/api/", FakeHub.status(503)).next("GET", "/api/", FakeHub.status(504));
    fetch();
    assertEquals(List.of(1L, 2L, 4L, 8L), seconds());
  }

  @Test
  void aServerThatFails() {
    server.next(6, "GET", "/api/", FakeHub.json(500, "{\"error\": \"out of\\u001b[31m order\"}"));
    HubException e = fails(HubFault.SERVER, "500: out of [31m order", "--offline");
    assertFalse(e.getMessage().contains("\u001b"));
    assertEquals(List.of(1L, 2L, 4L, 8L, 8L), seconds());
  }

  @Test
  void noServer() {
    server.close();
    fails(HubFault.CONNECTION, "no connection", "127.0.0.1:", "HF_ENDPOINT");
    assertEquals(List.of(1L, 2L), seconds());
  }

  @Test
  void aServerThatSaysNothing() {
    model();
    server.next(
        6,
        "GET",
        "/api/",
        exchange -> {
          try {
            Thread.sleep(60_000); // until the server is closed
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Hub hub = Hub.of(settings(null), waits::add, Duration.ofMillis(30));
    fails(hub, NAME, HubFault.CONNECTION, "nothing came");
    assertEquals(5, waits.size());
  }

  // ---- what is not a hub, or a hostile one ----

  @Test
  void answersOfWhatIsNoHub() {
    server.next("GET", "/api/", FakeHub.json(200, "<html>Log in to the network</html>"));
    fails(HubFault.PROTOCOL, "no JSON", "HF_ENDPOINT");
    server.next("GET", "/api/", FakeHub.json(200, "{\"sha\": \"../..\", \"siblings\": []}"));
    fails(HubFault.PROTOCOL, "none of a hub");
    server.next("GET", "/api/", FakeHub.status(302));
    fails(HubFault.PROTOCOL, "302");
    model();
    server.next("HEAD", "config.json", FakeHub.status(200, "ETag", "\"a\""));
    fails(HubFault.PROTOCOL, "no X-Repo-Commit");
    String commit = server.repository(NAME).commit();
    server.next("HEAD", "config.json", FakeHub.status(200, "X-Repo-Commit", commit));
    fails(HubFault.PROTOCOL, "without an ETag");
    FakeRepository small = server.repository(NAME);
    server.next(
        "GET",
        "/api/",
        FakeHub.json(
            200,
            "{\"sha\": \"%s\", \"siblings\": [{\"rfilename\": \"config.json\"}, {\"rfilename\": \"model.safetensors\"}]}"
                .formatted(commit)));
    server.next(
        "HEAD",
        "config.json",
        FakeHub.status(200, "X-Repo-Commit", commit, "ETag", small.etag("config.json")));
    fails(HubFault.PROTOCOL, "without a size");
  }

  @Test
  void anEtagThatIsAPath() {
    FakeRepository model = model();
    for (String etag : List.of("../../x", "a/b", "..", ".hidden", "a\\b", "")) {
      server.next(
          "HEAD",
          "/config.json",
          FakeHub.status(
              200,
              "X-Repo-Commit",
              model.commit(),
              "ETag",
              "\"" + etag + "\"",
              "Content-Length",
              "22"));
      fails(HubFault.PROTOCOL, "config.json");
    }
    assertEquals(Set.of(), files(folder));
  }

  @Test
  void namesOfFilesThatLeadElsewhere() {
    for (String shard :
        List.of(
            "../../../../evil", "/tmp/evil", "a\\..\\evil", "a\u0000b", "..", ".", "", "a/../b")) {
      String json = new com.fasterxml.jackson.databind.node.TextNode(shard).toString();
      server
          .repository(NAME)
          .file("config.json", "{}")
          .file("model.safetensors.index.json", "{\"weight_map\": {\"w\": %s}}".formatted(json))
          .large(shard, weights);
      HubException e = fails(HubFault.REFUSED, "names a file");
      assertFalse(e.getMessage().contains("\u0000"));
      server.repositories.clear();
    }
    assertTrue(
        files(folder).stream().allMatch(file -> file.startsWith("hub/")), files(folder).toString());
    assertFalse(Files.exists(Path.of("/tmp/evil")));
  }

  @Test
  void anIndexOfWhatIsNotThere() {
    FakeRepository model = server.repository(NAME).file("config.json", "{}");
    for (String index :
        List.of(
            "{}",
            "[]",
            "{\"weight_map\": {}}",
            "{\"weight_map\": {\"w\": 3}}",
            "{\"weight_map\": {\"w\": \"gone.safetensors\"}}",
            "no json")) {
      model.file("model.safetensors.index.json", index);
      fails(HubFault.DAMAGED).getMessage();
    }
  }

  @Test
  void aRedirectToAnotherHostDoesNotGetTheToken() throws IOException {
    model();
    try (FakeHub evil = new FakeHub()) {
      server.next(
          "GET", "/api/", FakeHub.status(302, "Location", evil.address() + "/api/models/x/y"));
      fails(hub(settings("secret")), NAME, HubFault.NO_REPOSITORY);
      server.next("GET", "config.json", FakeHub.status(302, "Location", evil.address() + "/c"));
      fails(hub(settings("secret")), NAME, HubFault.NO_FILE);
      assertEquals(2, evil.seen.size());
      for (FakeHub.Seen seen : evil.seen) {
        assertNull(seen.token());
      }
    }
  }

  @Test
  void redirectsThatAreNotFollowed() {
    model();
    for (String to : List.of("file:///etc/passwd", "ftp://host/x", "http://user@host/", "jar:x")) {
      server.next("GET", "/config.json", FakeHub.status(302, "Location", to));
      fails(HubFault.REFUSED, "config.json", "which is not followed");
    }
    server.next(30, "GET", "/api/", FakeHub.status(302, "Location", "/api/models/a/b"));
    fails(HubFault.PROTOCOL, "more than 10 redirects");
  }

  @Test
  void fromHttpsNothingLeadsToHttp() {
    HubException e =
        assertThrows(
            HubException.class,
            () -> HubHttp.checked(URI.create("https://hub/x"), URI.create("http://hub/x")));
    assertEquals(HubFault.REFUSED, e.fault());
    assertTrue(e.getMessage().contains("from https to plain http"), e.getMessage());
    HubHttp.checked(URI.create("http://hub/x"), URI.create("https://hub/x"));
  }

  // ---- what the repository holds ----

  @Test
  void noModelAtAll() {
    server.repository(NAME).file("data.csv", "a,b");
    fails(HubFault.NO_MODEL, "holds no config.json");
    server.repository(NAME).file("config.json", "{}").large("tf_model.h5", weights);
    fails(HubFault.NO_MODEL, "tf_model.h5", "model.safetensors");
    assertEquals(0, server.count("HEAD", ""));
  }

  // ---- the disk ----

  @Test
  void aCacheThatIsAFile() throws IOException {
    model();
    Files.writeString(cache(), "no folder");
    fails(HubFault.DISK, "config.json");
  }

  @Test
  void notEnoughRoom() throws IOException {
    try (var disk = SmallDisk.of(200_000)) {
      model();
      Path cache = disk.getPath("/hub");
      fails(
          hub(new HubSettings(URI.create(server.address()), cache, null, false)),
          NAME,
          HubFault.DISK,
          "model.safetensors",
          "1 MB are needed, and 0 MB are free",
          "HF_HUB_CACHE");
      assertFalse(files(cache).toString().contains("model.safetensors"));
    }
  }

  @Test
  void theDiskBecomesFullMeanwhile() throws IOException {
    try (var disk = SmallDisk.of(600_000)) {
      model();
      Path cache = disk.getPath("/hub");
      server.next(
          "GET",
          weightsEtag(),
          (HttpExchange exchange) -> {
            Files.write(disk.getPath("/other"), new byte[400_000]);
            FakeHub.send(exchange, 200, weights);
          });
      Hub hub = hub(new HubSettings(URI.create(server.address()), cache, null, false));
      fails(hub, NAME, HubFault.DISK, "model.safetensors", "cannot be written");
      assertEquals(List.of(), waits, "it is not tried again");
      Files.delete(disk.getPath("/other"));
      assertArrayEquals(
          weights, Files.readAllBytes(hub.fetch(ModelName.of(NAME)).resolve("model.safetensors")));
    }
  }

  @Test
  void anInterruptedThread() {
    model();
    Thread.currentThread().interrupt();
    HubException e = assertThrows(HubException.class, this::fetch);
    assertTrue(Thread.interrupted());
    assertEquals(HubFault.INTERRUPTED, e.fault());
  }
}
