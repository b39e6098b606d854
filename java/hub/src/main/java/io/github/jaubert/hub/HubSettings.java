package io.github.jaubert.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Where the Hub is, where its files are kept, and who asks.
 *
 * @param endpoint the address of the Hub or of a mirror, without a slash at its end
 * @param cache the folder with {@code models--OWNER--NAME} in it
 * @param token null for none
 * @param offline whether connections are forbidden
 */
public record HubSettings(URI endpoint, Path cache, String token, boolean offline) {
  /** The address of Hugging Face's Hub. */
  public static final URI HUGGING_FACE = URI.create("https://huggingface.co");

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /**
   * Checks the address and the token.
   *
   * @throws IllegalArgumentException if the address is none of http or https, or the token can be
   *     none
   */
  public HubSettings {
    endpoint = checked(endpoint);
    if (token != null && !token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new IllegalArgumentException(
          "the token for " + endpoint.getHost() + " has a blank or another character of no token");
    }
  }

  private static URI checked(URI endpoint) {
    String address = endpoint.toString().replaceFirst("/+$", "");
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.matches("https?")
        || endpoint.getHost() == null
        || endpoint.getUserInfo() != null
        || endpoint.getQuery() != null
        || endpoint.getFragment() != null) {
      throw new IllegalArgumentException(
          "HF_ENDPOINT %s: an address such as %s".formatted(endpoint, HUGGING_FACE));
    }
    return URI.create(address);
  }

  /**
   * As the variables of the environment say that Python's {@code huggingface_hub} has: HF_ENDPOINT;
   * HF_HUB_CACHE, or {@code hub} in HF_HOME, or {@code ~/.cache/huggingface/hub}; HF_TOKEN, or the
   * file of HF_TOKEN_PATH, or {@code token} in HF_HOME; HF_HUB_OFFLINE. A system property of the
   * same name goes before each.
   *
   * @throws IllegalArgumentException if one of them has no sense
   * @throws HubException if the file of the token cannot be read
   */
  public static HubSettings fromEnvironment() {
    return from(name -> System.getProperty(name, System.getenv(name)));
  }

  /**
   * The same.
   *
   * @param variables gives the value of a variable, or null
   */
  static HubSettings from(UnaryOperator<String> variables) {
    UnaryOperator<String> given =
        name -> {
          String value = variables.apply(name);
          return value == null || value.isBlank() ? null : value.strip();
        };
    Path home = home(given);
    String endpoint = given.apply("HF_ENDPOINT");
    return new HubSettings(
        endpoint == null ? HUGGING_FACE : address(endpoint),
        first(given, home.resolve("hub"), "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"),
        token(given, home),
        isTrue(given.apply("HF_HUB_OFFLINE")) || isTrue(given.apply("TRANSFORMERS_OFFLINE")));
  }

  private static URI address(String endpoint) {
    try {
      return URI.create(endpoint);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "HF_ENDPOINT %s: an address such as %s".formatted(endpoint, HUGGING_FACE), e);
    }
  }

  private static Path home(UnaryOperator<String> given) {
    String caches = given.apply("XDG_CACHE_HOME");
    Path usual = caches == null ? Path.of(System.getProperty("user.home"), ".cache") : path(caches);
    return first(given, usual.resolve("huggingface"), "HF_HOME");
  }

  private static Path first(UnaryOperator<String> given, Path usual, String... names) {
    for (String name : names) {
      if (given.apply(name) != null) {
        return path(given.apply(name));
      }
    }
    return usual;
  }

  /** A path that may begin with the home of the user. */
  private static Path path(String text) {
    return text.equals("~") || text.startsWith("~/")
        ? Path.of(System.getProperty("user.home") + text.substring(1))
        : Path.of(text);
  }

  private static boolean isTrue(String value) {
    return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
  }

  private static String token(UnaryOperator<String> given, Path home) {
    if (isTrue(given.apply("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
      return null;
    }
    for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
      if (given.apply(name) != null) {
        return given.apply(name);
      }
    }
    Path file = first(given, home.resolve("token"), "HF_TOKEN_PATH");
    if (!Files.exists(file)) {
      return null;
    }
    try {
      String token = Files.readString(file).strip();
      return token.isEmpty() ? null : token;
    } catch (IOException e) {
      throw new HubException(
          HubFault.DISK, file + ": the token in it cannot be read: " + Disk.describe(e), e);
    }
  }

  /** The same without connections. */
  public HubSettings withoutConnections() {
    return new HubSettings(endpoint, cache, token, true);
  }

  /** The host, as messages name it. */
  String host() {
    return endpoint.getPort() < 0
        ? endpoint.getHost()
        : endpoint.getHost() + ":" + endpoint.getPort();
  }

  /** Without the token, which must not get into logs. */
  @Override
  public String toString() {
    return "HubSettings[endpoint=%s, cache=%s, token=%s, offline=%s]"
        .formatted(endpoint, cache, token == null ? "none" : "given", offline);
  }
}
