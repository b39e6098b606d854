package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Transfers that go wrong, as docs/hub.md has them. */
class TransferFaultsTest extends FaultFixture {
  @Test
  void aCutTransferGoesOn() throws IOException {
    model();
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 100_000));
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 200_000));

    Path file = fetch().resolve("model.safetensors");

    assertArrayEquals(weights, Files.readAllBytes(file));
    List<String> ranges =
        server.seen.stream()
            .filter(seen -> seen.host().equals("store"))
            .map(seen -> String.valueOf(seen.range()))
            .toList();
    assertEquals("null", ranges.get(0));
    assertTrue(ranges.get(1).matches("bytes=[1-9]\\d*-"), ranges.toString());
    assertEquals(3, ranges.size());
    assertEquals(List.of(1L, 1L), seconds(), "what came counts as success");
  }

  @Test
  void aTransferGoesOnInTheNextProcess() throws IOException {
    model();
    Files.createDirectories(repository().resolve("blobs"));
    Path part = repository().resolve("blobs").resolve(weightsEtag() + ".jaubert.incomplete");
    Files.write(part, java.util.Arrays.copyOf(weights, 123_456));

    assertArrayEquals(weights, Files.readAllBytes(fetch().resolve("model.safetensors")));

    assertTrue(server.seen.stream().anyMatch(seen -> "bytes=123456-".equals(seen.range())));
    assertFalse(Files.exists(part));
  }

  @Test
  void aPartThatIsWholeIsNotFetched() throws IOException {
    model();
    Files.createDirectories(repository().resolve("blobs"));
    Path part = repository().resolve("blobs").resolve(weightsEtag() + ".jaubert.incomplete");
    Files.write(part, weights);
    fetch();
    assertFalse(server.seen.stream().anyMatch(seen -> seen.host().equals("store")));
  }

  @Test
  void aPartThatDoesNotFitIsFetchedAnew() throws IOException {
    model();
    Files.createDirectories(repository().resolve("blobs"));
    Path part = repository().resolve("blobs").resolve(weightsEtag() + ".jaubert.incomplete");
    for (int size : new int[] {10, 300_000, 300_001}) {
      Files.write(part, new byte[size]);
      assertArrayEquals(weights, Files.readAllBytes(fetch().resolve("model.safetensors")));
      Files.delete(repository().resolve("blobs").resolve(weightsEtag()));
    }
  }

  @Test
  void aServerThatKnowsNoRanges() throws IOException {
    model();
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 100_000));
    server.next("GET", weightsEtag(), exchange -> FakeHub.send(exchange, 200, weights));
    assertArrayEquals(weights, Files.readAllBytes(fetch().resolve("model.safetensors")));
  }

  @Test
  void aRangeThatIsNotSatisfied() throws IOException {
    model();
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 100_000));
    server.next("GET", weightsEtag(), FakeHub.status(416));
    assertArrayEquals(weights, Files.readAllBytes(fetch().resolve("model.safetensors")));
    assertNull(server.seen.get(server.seen.size() - 1).range());
  }

  @Test
  void anotherRangeThanAskedFor() {
    model();
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 100_000));
    server.next(
        "GET",
        weightsEtag(),
        exchange -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes 5-299999/300000");
          FakeHub.send(exchange, 206, "x".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        });
    fails(HubFault.PROTOCOL, "model.safetensors", "'bytes 5-299999/300000' came");
    assertNoWeights();
  }

  @Test
  void aTransferThatBreaksOffAgainAndAgain() {
    model();
    server.next("GET", weightsEtag(), FakeHub.cut(weights, 100_000));
    server.next(20, "GET", weightsEtag(), exchange -> {});
    fails(HubFault.CONNECTION, "model.safetensors", "broke off", "goes on where it was");
    assertEquals(List.of(1L, 2L, 4L, 8L, 8L), seconds());
    assertNoWeights();
    assertTrue(
        files(repository()).contains("blobs/" + weightsEtag() + ".jaubert.incomplete"),
        "what came is kept");
  }

  @Test
  void aWrongHash() {
    model();
    byte[] other = weights.clone();
    other[7]++;
    server.next("GET", weightsEtag(), exchange -> FakeHub.send(exchange, 200, other));
    fails(
        HubFault.DAMAGED, "model.safetensors", "SHA-256", weightsEtag(), "nothing of it was kept");
    assertNoWeights();
    assertFalse(files(repository()).toString().contains("incomplete"));
  }

  @Test
  void aWrongHashOfASmallFile() {
    FakeRepository model = model();
    server.next("GET", "/config.json", FakeHub.json(200, "{\"model_type\": \"evil\"}"));
    fails(HubFault.DAMAGED, "config.json", "Git hash", model.etag("config.json"));
    assertEquals(Set.of(), files(repository().resolve("blobs")));
  }

  @Test
  void listingAndFileDisagree() {
    FakeRepository model = model();
    String file = "/resolve/" + model.commit() + "/config.json";
    server.next(
        "HEAD", file, FakeHub.status(200, "X-Repo-Commit", "f".repeat(40), "ETag", "\"a\""));
    fails(HubFault.PROTOCOL, "fffff came");
    server.next(
        "HEAD",
        file,
        FakeHub.status(
            200,
            "X-Repo-Commit",
            model.commit(),
            "ETag",
            "\"" + model.etag("config.json") + "\"",
            "Content-Length",
            "9"));
    fails(HubFault.DAMAGED, "22 bytes in the listing, and 9");
    String large = "/resolve/" + model.commit() + "/model.safetensors";
    server.next(
        "HEAD",
        large,
        FakeHub.status(
            302,
            "X-Repo-Commit",
            model.commit(),
            "X-Linked-Etag",
            "\"abc\"",
            "Location",
            server.storeAddress()));
    fails(HubFault.DAMAGED, "has the hash " + weightsEtag(), "abc by itself");
  }

  @Test
  void aBodyThatDoesNotEnd() {
    model();
    server.next(
        "GET",
        weightsEtag(),
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] block = new byte[65536];
          while (true) { // until the client hangs up
            exchange.getResponseBody().write(block);
          }
        });
    fails(HubFault.DAMAGED, "more comes than the 300000 bytes");
    assertNoWeights();
    assertFalse(files(repository()).toString().contains("incomplete"));
  }

  @Test
  void aListingThatDoesNotEnd() {
    server.next(
        "GET",
        "/api/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] block = new byte[1 << 20];
          while (true) {
            exchange.getResponseBody().write(block);
          }
        });
    fails(HubFault.PROTOCOL, "longer than");
  }
}
