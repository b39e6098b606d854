package io.github.jaubert.hub;

import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A hub with one model, and a client whose waits take no time. */
abstract class HubFixture {
  static final String NAME = "owner/tiny";
  final FakeHub server = new FakeHub();
  final List<Duration> waits = new ArrayList<>();
  final byte[] weights = new byte[300_000];

  @TempDir Path folder;

  HubFixture() {
    new Random(Seeds.SEED).nextBytes(weights);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A model with what repositories have besides. */
  FakeRepository model() {
    return server
        .repository(NAME)
        .file("config.json", "{\"model_type\": \"bert\"}")
        .file("tokenizer.json", "{}")
        .file("README.md", "# a model")
        .file(".gitattributes", "*.bin filter=lfs")
        .large("model.safetensors", weights)
        .large("pytorch_model.bin", new byte[10])
        .large("tf_model.h5", new byte[10])
        .large("onnx/model.onnx", new byte[10]);
  }

  Path cache() {
    return folder.resolve("hub");
  }

  HubSettings settings(String token) {
    return new HubSettings(URI.create(server.address()), cache(), token, false);
  }

  Hub hub() {
    return hub(settings(null));
  }

  Hub hub(HubSettings settings) {
    return Hub.of(settings, waits::add, Duration.ofMinutes(2));
  }

  Path fetch() {
    return hub().fetch(ModelName.of(NAME));
  }

  Path repository() {
    return cache().resolve("models--owner--tiny");
  }

  /** All files below a folder, links among them. */
  static Set<String> files(Path root) {
    if (!Files.exists(root)) {
      return Set.of();
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(file -> !Files.isDirectory(file))
          .map(file -> root.relativize(file).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
