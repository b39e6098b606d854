package io.github.jaubert.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Two processes want the same file: the second waits, and finds what the first fetched. */
class HubProcessesTest extends HubFixture {
  @Test
  void oneProcessFetchesAndTheOtherWaits() throws Exception {
    String etag = model().etag("model.safetensors");
    Path lock = cache().resolve(".locks/models--owner--tiny").resolve(etag + ".lock");
    Path blob = repository().resolve("blobs").resolve(etag);
    Path content = Files.write(folder.resolve("content"), weights);
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                HubProcessesTest.class.getName(),
                lock.toString(),
                content.toString(),
                blob.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals('L', other.getInputStream().read(), "the other process has the lock");
      Hub hub =
          hub()
              .withListener(
                  (file, bytes, size) -> {
                    // The last of the small files; the next thing is the lock of the weights.
                    if (file.equals("tokenizer.json") && bytes == size) {
                      finish(other);
                    }
                  });
      Path snapshot = hub.fetch(ModelName.of(NAME));
      assertArrayEquals(weights, Files.readAllBytes(snapshot.resolve("model.safetensors")));
      assertEquals(0, server.count("GET", etag), "it was not fetched a second time");
      assertEquals(0, other.waitFor());
    } finally {
      other.destroyForcibly();
    }
  }

  private static void finish(Process other) {
    try {
      other.getOutputStream().write('\n');
      other.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The other process: has the lock until it is told, and leaves the content then. */
  public static void main(String[] arguments) throws IOException {
    try (BlobLock lock = BlobLock.take(Path.of(arguments[0]))) {
      assertTrue(lock.isExclusive());
      System.out.print('L');
      System.out.flush();
      assertEquals('\n', System.in.read());
      Path blob = Path.of(arguments[2]);
      Files.createDirectories(blob.getParent());
      Files.copy(Path.of(arguments[1]), blob);
    }
  }
}
