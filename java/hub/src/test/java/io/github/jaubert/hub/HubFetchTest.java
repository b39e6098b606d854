package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class HubFetchTest extends HubFixture {
  @Test
  void theCacheIsLaidOutAsPythonHasIt() throws IOException {
    FakeRepository model = model();

    Path snapshot = fetch();

    assertEquals(repository().resolve("snapshots").resolve(model.commit()), snapshot);
    assertEquals(Set.of("config.json", "model.safetensors", "tokenizer.json"), files(snapshot));
    assertArrayEquals(weights, Files.readAllBytes(snapshot.resolve("model.safetensors")));
    assertEquals(
        Path.of("../../blobs", model.etag("model.safetensors")),
        Files.readSymbolicLink(snapshot.resolve("model.safetensors")));
    assertEquals(
        Set.of(
            model.etag("config.json"),
            model.etag("tokenizer.json"),
            model.etag("model.safetensors")),
        files(repository().resolve("blobs")));
    assertEquals(model.commit(), Files.readString(repository().resolve("refs/main")));
    assertTrue(
        files(repository().resolve(".no_exist").resolve(model.commit())).contains("vocab.txt"));
    assertEquals(3, files(cache().resolve(".locks/models--owner--tiny")).size());
    assertTrue(
        Files.readString(cache().resolve("CACHEDIR.TAG"))
            .startsWith("Signature: 8a477f597d28d172789f06886806bc55"));
    assertEquals(List.of(), waits);
  }

  @Test
  void whatIsThereIsNotFetchedAgain() {
    FakeRepository model = model();
    Path first = fetch();
    server.seen.clear();

    assertEquals(first, fetch());
    assertEquals(1, server.seen.size(), "asks only what the branch stands for");

    model.file("tokenizer.json", "{\"newer\": true}");
    Path second = fetch();

    assertFalse(second.equals(first));
    assertEquals(1, server.count("GET", "/resolve/"), "one file differs");
    assertTrue(Files.exists(first.resolve("model.safetensors")), "the older version stays");
  }

  @Test
  void aTokenizerComesWithoutWeights() {
    model();
    Path snapshot = hub().fetchWithoutWeights(ModelName.of(NAME));
    assertEquals(Set.of("config.json", "tokenizer.json"), files(snapshot));
  }

  @Test
  void theTokenStaysWithTheHub() {
    model().isPrivate = true;

    hub(settings("secret")).fetch(ModelName.of(NAME));

    for (FakeHub.Seen seen : server.seen) {
      if (seen.host().equals("hub")) {
        assertEquals("Bearer secret", seen.token(), seen.toString());
      } else {
        assertNull(seen.token(), seen.toString());
      }
    }
    assertEquals(1, server.seen.stream().filter(seen -> seen.host().equals("store")).count());
  }

  @Test
  void branchesTagsAndCommits() throws IOException {
    FakeRepository model = model().tag("refs/pr/1").tag("v1.0+x");

    fetch();
    hub().fetch(ModelName.of(NAME + "@refs/pr/1"));
    hub().fetch(ModelName.of(NAME + "@v1.0+x"));
    Path byCommit = hub().fetch(ModelName.of(NAME + "@" + model.commit()));

    assertEquals(model.commit(), byCommit.getFileName().toString());
    assertEquals(Set.of("main", "refs/pr/1", "v1.0+x"), files(repository().resolve("refs")));
    assertEquals(model.commit(), Files.readString(repository().resolve("refs/refs/pr/1")));
    assertTrue(server.count("GET", "/revision/refs%2Fpr%2F1") == 1);
    HubException e =
        assertThrows(HubException.class, () -> hub().fetch(ModelName.of(NAME + "@v2")));
    assertEquals(HubFault.NO_REVISION, e.fault());
    assertTrue(e.getMessage().contains("no branch, tag or commit 'v2'"), e.getMessage());
  }

  @Test
  void anOldNameHasNoOwner() {
    server.repository("bert-base").file("config.json", "{}").large("model.safetensors", weights);
    hub().fetch(ModelName.of("bert-base"));
    assertTrue(Files.exists(cache().resolve("models--bert-base/refs/main")));
  }

  @Test
  void aRenamedRepositoryIsFollowed() {
    model();
    server.next(
        "GET",
        "/api/models/old/name",
        FakeHub.status(307, "Location", "/api/models/owner/tiny/revision/main?blobs=true"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      String path = "/resolve/" + server.repository(NAME).commit() + "/" + file;
      server.next(
          2, "HEAD", "/old/name" + path, FakeHub.status(307, "Location", "/owner/tiny" + path));
      server.next(
          2, "GET", "/old/name" + path, FakeHub.status(307, "Location", "/owner/tiny" + path));
    }
    Path snapshot = hub().fetch(ModelName.of("old/name"));
    assertEquals(3, files(snapshot).size());
  }

  @Test
  void shardsComeByTheirIndex() {
    server
        .repository(NAME)
        .file("config.json", "{}")
        .file(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}")
        .large("model-1.safetensors", weights)
        .large("model-2.safetensors", new byte[7])
        .large("model-3.safetensors", new byte[8]);
    assertEquals(
        Set.of(
            "config.json",
            "model.safetensors.index.json",
            "model-1.safetensors",
            "model-2.safetensors"),
        files(fetch()));
    assertEquals(fetch(), hub(settings(null).withoutConnections()).fetch(ModelName.of(NAME)));
  }

  @Test
  void withoutSafetensorsThePicklesCome() {
    server.repository(NAME).file("config.json", "{}").large("pytorch_model.bin", weights);
    assertEquals(Set.of("config.json", "pytorch_model.bin"), files(fetch()));
  }

  @Test
  void partsOfSentenceTransformersCome() throws IOException {
    model()
        .file("modules.json", "[]")
        .file("sentence_bert_config.json", "{}")
        .file("1_Pooling/config.json", "{\"pooling\": 1}")
        .file("2_Dense/config.json", "{}")
        .large("2_Dense/model.safetensors", new byte[100])
        .large("2_Dense/pytorch_model.bin", new byte[101])
        .file("unrelated/config.json", "{}");
    Path snapshot = fetch();
    assertEquals(
        Set.of(
            "config.json",
            "tokenizer.json",
            "model.safetensors",
            "modules.json",
            "sentence_bert_config.json",
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "2_Dense/model.safetensors"),
        files(snapshot));
    assertEquals("{\"pooling\": 1}", Files.readString(snapshot.resolve("1_Pooling/config.json")));
  }

  @Test
  void withoutConnectionsTheCacheServes() {
    model();
    Hub offline = hub(settings(null).withoutConnections());
    HubException e = assertThrows(HubException.class, () -> offline.fetch(ModelName.of(NAME)));
    assertEquals(HubFault.OFFLINE, e.fault());
    assertTrue(e.getMessage().contains("holds nothing of it"), e.getMessage());
    assertTrue(e.getMessage().contains("jaubert download owner/tiny"), e.getMessage());

    hub().fetchWithoutWeights(ModelName.of(NAME));
    e = assertThrows(HubException.class, () -> offline.fetch(ModelName.of(NAME)));
    assertTrue(e.getMessage().contains("holds nothing of it") == false, e.getMessage());
    assertTrue(e.getMessage().contains("only a part of it"), e.getMessage());

    Path there = fetch();
    server.seen.clear();
    assertEquals(there, offline.fetch(ModelName.of(NAME)));
    assertEquals(List.of(), server.seen);
  }

  @Test
  void aHubOutOfReachIsNotWaitedForWhereTheCacheServes() {
    model();
    Path there = fetch();
    server.next("GET", "/api/", FakeHub.status(503));
    assertEquals(there, fetch());
    server.next("GET", "/api/", FakeHub.status(401));
    assertEquals(there, fetch());
    server.close();
    assertEquals(there, fetch());
    assertEquals(List.of(), waits);
  }

  @Test
  void threadsFetchAFileOnce() throws Exception {
    model();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Path> fetch = this::fetch;
      List<Future<Path>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(threads.submit(fetch));
      }
      for (Future<Path> one : all) {
        assertEquals(3, files(one.get()).size());
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(1, server.count("GET", "/resolve/" + server.repository(NAME).commit() + "/model"));
  }

  @Test
  void theListenerLearnsHowFarItIs() {
    model();
    List<String> told = new ArrayList<>();
    hub()
        .withListener(
            (file, bytes, size) -> {
              if (bytes == size) {
                told.add(file + " " + size);
              }
              assertTrue(bytes <= size);
            })
        .fetch(ModelName.of(NAME));
    assertTrue(told.contains("model.safetensors 300000"), told.toString());
  }

  @Test
  void whatIsCachedIsListed() {
    model().tag("v1");
    assertEquals(List.of(), hub().cached());
    fetch();
    hub().fetch(ModelName.of(NAME + "@v1"));
    server.repository("other/half").file("config.json", "{}");
    hub().fetchWithoutWeights(ModelName.of("other/half"));

    List<CachedModel> models = hub().cached();

    assertEquals(2, models.size());
    CachedModel tiny = models.get(1);
    assertEquals("owner/tiny", tiny.repository());
    assertTrue(tiny.complete());
    String commit = server.repository(NAME).commit();
    assertEquals(java.util.Map.of("main", commit, "v1", commit), tiny.revisions());
    assertTrue(
        tiny.bytes() >= 300_000 && tiny.bytes() < 301_000, "each file once: " + tiny.bytes());
    assertFalse(models.get(0).complete());
  }
}
