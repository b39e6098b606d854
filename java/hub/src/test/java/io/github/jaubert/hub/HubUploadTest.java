package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HubUploadTest extends HubFixture {
  private Path run;

  @BeforeEach
  void aFinishedRun() throws IOException {
    run = Files.createDirectories(folder.resolve("run"));
    Files.createDirectories(run.resolve("1_Pooling"));
    Files.createDirectories(run.resolve(".jaubert-saving"));
    Files.createDirectories(run.resolve("tensorboard"));
    Files.createDirectories(run.resolve("parts"));
    Files.writeString(run.resolve("config.json"), "{\"model_type\": \"bert\"}");
    Files.writeString(run.resolve("README.md"), "# Who made it: I\u00df\n");
    Files.writeString(run.resolve("1_Pooling/config.json"), "{}");
    Files.writeString(run.resolve("vocab.txt"), "");
    Files.writeString(run.resolve("model.sig"), "{}");
    Files.createDirectories(run.resolve(".eval_results"));
    Files.writeString(run.resolve(".eval_results/jaubert.yaml"), "[]");
    Files.writeString(run.resolve("ignored.txt"), "x");
    Files.write(run.resolve("model.safetensors"), weights);
    for (String of :
        List.of(
            "checkpoint.safetensors",
            "checkpoint-7.safetensors",
            "best.safetensors",
            "train_log.jsonl",
            "run.json",
            "report.html",
            "report.json",
            "config.yaml",
            "tensorboard/events.out.tfevents.1.jaubert.0",
            "predictions.csv",
            "folds.json",
            "parts/1-train.csv",
            ".jaubert.lock",
            ".jaubert-saving/x",
            "x.tmp")) {
      Files.writeString(run.resolve(of), "no part of the model");
    }
  }

  private URI upload(boolean isPrivate) {
    return hub(settings("secret")).upload(run, ModelName.of(NAME), isPrivate, "From a test");
  }

  private static final Set<String> UPLOADED =
      Set.of(
          "README.md",
          "config.json",
          ".eval_results/jaubert.yaml",
          "1_Pooling/config.json",
          "vocab.txt",
          "model.safetensors",
          "model.sig");

  @Test
  void aFolderBecomesACommit() throws IOException {
    URI seen = upload(false);

    FakeRepository repository = server.repository(NAME);
    assertEquals(UPLOADED, repository.files.keySet());
    assertEquals(Set.of("model.safetensors"), repository.large);
    assertFalse(repository.isPrivate);
    for (String path : UPLOADED) {
      assertArrayEquals(Files.readAllBytes(run.resolve(path)), repository.files.get(path), path);
    }
    assertEquals(server.address() + "/" + NAME + "/commit/" + repository.commit(), seen.toString());
    assertEquals("header", server.committed.get(0).path("key").asText());
    assertEquals("From a test", server.committed.get(0).at("/value/summary").asText());
    assertEquals(1, server.count("POST", "/verify/"));
    for (FakeHub.Seen request : server.seen) {
      if (request.host().equals("store")) {
        assertNull(request.token(), request.toString());
      } else {
        assertEquals("Bearer secret", request.token(), request.toString());
      }
    }
  }

  @Test
  void whatWasUploadedCanBeFetched() throws IOException {
    upload(true);
    assertTrue(server.repository(NAME).isPrivate);
    Path fetched = hub(settings("secret")).fetch(ModelName.of(NAME));
    assertArrayEquals(weights, Files.readAllBytes(fetched.resolve("model.safetensors")));
    assertEquals("{}", Files.readString(fetched.resolve("model.sig")));
  }

  @Test
  void whatStaysIsTold() throws IOException {
    Files.writeString(run.resolve("1_Pooling/x.tmp"), "");
    assertEquals(
        List.of(
            ".jaubert-saving",
            ".jaubert.lock",
            "1_Pooling/x.tmp",
            "best.safetensors",
            "checkpoint-7.safetensors",
            "checkpoint.safetensors",
            "config.yaml",
            "folds.json",
            "parts",
            "predictions.csv",
            "report.html",
            "report.json",
            "run.json",
            "tensorboard",
            "train_log.jsonl",
            "x.tmp"),
        Hub.leftOut(run).stream().map(Path::toString).toList());
  }

  @Test
  void whatIsThereIsNotSentAgain() throws IOException {
    upload(false);
    Files.writeString(run.resolve("config.json"), "{\"model_type\": \"roberta\"}");
    server.seen.clear();
    upload(false);
    assertEquals(0, server.count("PUT", ""));
    assertEquals(0, server.count("POST", "/repos/create"));
    assertTrue(new String(server.repository(NAME).files.get("config.json")).contains("roberta"));
  }

  @Test
  void largeFilesGoInParts() {
    server.partSize = 70_001;
    upload(false);
    assertEquals(5, server.count("PUT", ""));
    assertArrayEquals(weights, server.repository(NAME).files.get("model.safetensors"));
  }

  @Test
  void aPartThatFailsIsSentAgain() {
    server.partSize = 150_000;
    server.next("PUT", "/2", FakeHub.status(500));
    upload(false);
    assertEquals(3, server.count("PUT", ""));
    assertArrayEquals(weights, server.repository(NAME).files.get("model.safetensors"));
  }

  @Test
  void whatShallBePrivateIsNotSentToAPublicRepository() {
    server.repository(NAME);
    HubException e = assertThrows(HubException.class, () -> upload(true));
    assertEquals(HubFault.REFUSED, e.fault());
    assertTrue(e.getMessage().contains("is public, so that nothing was uploaded"), e.getMessage());
    assertEquals(0, server.count("PUT", ""));
    assertEquals(0, server.count("POST", ""));
  }

  @Test
  void aServerThatMakesItPublicAllTheSame() {
    server.next(
        "POST",
        "/repos/create",
        exchange -> {
          server.repository(NAME);
          FakeHub.json(200, "{}").answer(exchange);
        });
    assertEquals(HubFault.REFUSED, assertThrows(HubException.class, () -> upload(true)).fault());
    assertTrue(server.repository(NAME).files.isEmpty());
  }

  private void fails(Hub hub, ModelName to, HubFault fault, String words) {
    HubException e =
        assertThrows(HubException.class, () -> hub.upload(run, to, false, "From a test"));
    assertEquals(fault, e.fault(), e.getMessage());
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  @Test
  void whatIsRefusedBeforeAnythingIsSent() throws IOException {
    ModelName to = ModelName.of(NAME);
    fails(hub(), to, HubFault.UNAUTHORIZED, "/settings/tokens");
    fails(hub(settings("secret").withoutConnections()), to, HubFault.OFFLINE, "forbidden");
    fails(hub(settings("secret")), ModelName.of("tiny"), HubFault.REFUSED, "OWNER/NAME");
    Files.delete(run.resolve("model.safetensors"));
    fails(hub(settings("secret")), to, HubFault.NO_MODEL, "no finished model");
    run = run.resolve("none");
    fails(hub(settings("secret")), to, HubFault.DISK, "no such folder");
    assertEquals(List.of(), server.seen);
  }

  @Test
  void aTokenThatMayNotWrite() {
    server.repository(NAME);
    server.next("POST", "/preupload/", FakeHub.json(403, "{\"error\": \"read token\"}"));
    fails(hub(settings("secret")), ModelName.of(NAME), HubFault.FORBIDDEN, "403: read token");
  }

  @Test
  void aCommitIsNotSentTwice() {
    server.next("POST", "/commit/", FakeHub.status(503));
    fails(hub(settings("secret")), ModelName.of(NAME), HubFault.SERVER, "503");
    assertEquals(1, server.count("POST", "/commit/"));
    assertEquals(List.of(), waits);
  }

  @Test
  void aBranchThatIsNotThere() {
    server.repository(NAME);
    fails(hub(settings("secret")), ModelName.of(NAME + "@dev"), HubFault.NO_REVISION, "'dev'");
  }

  @Test
  void aHubThatWantsAnotherFile() {
    server.repository(NAME);
    server.next(
        "POST",
        "/objects/batch",
        FakeHub.json(200, "{\"objects\": [{\"oid\": \"f\", \"size\": 1}]}"));
    fails(hub(settings("secret")), ModelName.of(NAME), HubFault.PROTOCOL, "not told of");
    server.next(
        "POST",
        "/objects/batch",
        FakeHub.json(
            200,
            "{\"objects\": [{\"oid\": \"%s\", \"size\": 300000, \"actions\": {\"upload\": {\"href\": \"file:///etc/x\"}}}]}"
                .formatted(FakeRepository.hex("SHA-256", weights))));
    fails(hub(settings("secret")), ModelName.of(NAME), HubFault.REFUSED, "not followed");
  }
}
