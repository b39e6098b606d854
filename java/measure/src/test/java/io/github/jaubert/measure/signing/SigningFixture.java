package io.github.jaubert.measure.signing;

import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;

/** A small model, and the keys and signatures of reference_signatures.py. */
abstract class SigningFixture {
  static final List<String> SIGNED = List.of("config.json", "empty", "sub/weights", "sub-word");

  final RandomGenerator random = Seeds.random(getClass().getName());
  @TempDir Path folder;

  /** As the script makes it. */
  Path model() throws IOException {
    Path model = folder.resolve("small");
    Files.createDirectories(model.resolve("sub"));
    Files.createDirectories(model.resolve(".git"));
    Files.writeString(model.resolve("config.json"), "{}\n");
    byte[] weights = new byte[23];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (byte) i;
    }
    Files.write(model.resolve("sub/weights"), weights);
    Files.writeString(model.resolve("sub-word"), "sorted behind the files of sub\n");
    Files.writeString(model.resolve("empty"), "");
    Files.writeString(model.resolve("notes.txt"), "not signed\n");
    Files.writeString(model.resolve(".git/HEAD"), "x\n");
    return model;
  }

  static Path resource(String name) {
    try {
      return Path.of(SigningFixture.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static VerificationKey publicKey(String name) {
    return VerificationKey.read(resource(name));
  }

  static SigningKey privateKey(String name) {
    return SigningKey.read(resource(name), Optional.of("sesame".toCharArray()));
  }

  /** One byte of a file becomes another one; an empty file gets one. */
  void damage(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 0) {
      Files.write(file, new byte[] {1});
      return;
    }
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    Files.write(file, bytes);
  }

  String seed() {
    return Seeds.said();
  }
}
