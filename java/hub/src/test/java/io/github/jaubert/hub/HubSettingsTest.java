package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
  private final Map<String, String> given = new HashMap<>();

  private HubSettings settings() {
    return HubSettings.from(given::get);
  }

  @Test
  void placesAreThoseOfPython(@TempDir Path home) throws IOException {
    given.put("HF_HOME", home.toString());
    assertEquals(home.resolve("hub"), settings().cache());
    assertNull(settings().token());
    assertEquals(URI.create("https://huggingface.co"), settings().endpoint());
    assertFalse(settings().offline());

    Files.writeString(home.resolve("token"), "hf_of_file\n");
    assertEquals("hf_of_file", settings().token());
    Files.writeString(home.resolve("other"), "hf_other");
    given.put("HF_TOKEN_PATH", home.resolve("other").toString());
    assertEquals("hf_other", settings().token());
    given.put("HF_TOKEN", " hf_given ");
    assertEquals("hf_given", settings().token());
    assertFalse(settings().toString().contains("hf_given"));
    given.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    assertNull(settings().token());

    given.put("HF_HUB_CACHE", "~/models");
    assertEquals(Path.of(System.getProperty("user.home"), "models"), settings().cache());
    given.put("HF_ENDPOINT", "https://mirror.example/hf/");
    assertEquals(URI.create("https://mirror.example/hf"), settings().endpoint());
    given.put("HF_HUB_OFFLINE", "yes");
    assertTrue(settings().offline());
    given.put("HF_HUB_OFFLINE", "0");
    assertFalse(settings().offline());
  }

  @Test
  void withoutHomeItIsTheUsersCache() {
    given.put("HF_TOKEN", "x"); // the machine may have one
    assertEquals(
        Path.of(System.getProperty("user.home"), ".cache/huggingface/hub"), settings().cache());
    given.put("XDG_CACHE_HOME", "/x");
    assertEquals(Path.of("/x/huggingface/hub"), settings().cache());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "huggingface.co",
        "ftp://host",
        "http://user@host",
        "https://host?x",
        "a b",
        "https:"
      })
  void addressesThatAreNone(String address) {
    given.put("HF_ENDPOINT", address);
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, this::settings);
    assertTrue(e.getMessage().startsWith("HF_ENDPOINT " + address), e.getMessage());
  }

  @Test
  void aTokenThatIsNone() {
    given.put("HF_TOKEN", "two words");
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, this::settings);
    assertFalse(e.getMessage().contains("two words"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert-base-uncased", "a/b", "Owner_1/na.me-2", "x", "o/n@main", "o/n@refs/pr/1"})
  void namesOfModels(String name) {
    assertEquals(name.replace("@main", ""), ModelName.of(name).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/",
        "/a",
        "a/b/c",
        "a b",
        "../x",
        "a/..",
        "a--b",
        "a/b.git",
        "-a",
        "a/b-",
        ".a",
        "a\\b",
        "a@",
        "a@..",
        "a@x/../y",
        "a@/x",
        "a@x y",
        "a\u0000",
        "\u00e4/b",
        "a@b@c"
      })
  void whatIsNoName(String name) {
    assertFalse(ModelName.isName(name));
    assertThrows(IllegalArgumentException.class, () -> ModelName.of(name));
  }

  private static Optional<Duration> asked(String header, String value) {
    return Retries.asked(
        HttpHeaders.of(Map.of(header, List.of(value)), (name, v) -> true),
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void howLongAServerHasUsWait() {
    assertEquals(Optional.of(Duration.ofSeconds(9)), asked("Retry-After", "9"));
    assertEquals(
        Optional.of(Duration.ofSeconds(90)), asked("Retry-After", "Thu, 1 Jan 2026 00:01:30 GMT"));
    assertEquals(
        Optional.of(Duration.ZERO),
        asked("Retry-After", "Thu, 1 Jan 2025 00:01:30 GMT".replace("Thu", "Wed")));
    assertEquals(Optional.empty(), asked("Retry-After", "soon"));
    assertEquals(Optional.empty(), asked("Retry-After", "-1"));
    assertEquals(Optional.of(Duration.ofSeconds(55)), asked("RateLimit", "\"api\";r=0;t=55"));
    assertEquals(Optional.empty(), asked("RateLimit", "\"api\";r=3;t=55"));
  }

  @Test
  void addressesWithWhatShouldHaveBeenEscaped() {
    assertEquals(
        "https://h/a%20b?x=%22%C3%A4%22%7C%2B'",
        HubHttp.escaped("https://h/a b?x=\"\u00e4\"|%2B'"));
  }
}
