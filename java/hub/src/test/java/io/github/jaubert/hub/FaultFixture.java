package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** What is asked of every failure: its kind, one line that begins with the name, some words. */
abstract class FaultFixture extends HubFixture {
  final HubException fails(Hub hub, String name, HubFault fault, String... words) {
    HubException e = assertThrows(HubException.class, () -> hub.fetch(ModelName.of(name)));
    assertEquals(fault, e.fault(), e.getMessage());
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), word + " in: " + e.getMessage());
    }
    assertTrue(e.getMessage().startsWith(name), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    return e;
  }

  final HubException fails(HubFault fault, String... words) {
    return fails(hub(), NAME, fault, words);
  }

  /** Nothing lies in the cache under a name that it would be used by. */
  final void assertNoWeights() {
    assertFalse(
        files(cache()).stream().anyMatch(file -> file.endsWith("/model.safetensors")),
        files(cache()).toString());
    assertFalse(Files.exists(repository().resolve("refs/main")));
  }

  final List<Long> seconds() {
    return waits.stream().map(Duration::toSeconds).collect(Collectors.toList());
  }

  final String weightsEtag() {
    return server.repository(NAME).etag("model.safetensors");
  }
}
