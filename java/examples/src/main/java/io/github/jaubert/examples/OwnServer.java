package io.github.jaubert.examples;

import io.github.jaubert.serve.ModelServer;
import io.github.jaubert.serve.ServeSettings;
import io.github.jaubert.serve.ServedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A program that answers over HTTP, as {@code jaubert serve} does. */
public final class OwnServer {
  private OwnServer() {}

  /** Serves the model of a folder until the thread is interrupted. */
  public static void serve(Path folder, int port) throws IOException, InterruptedException {
    // README: server
    ServeSettings settings = ServeSettings.usual();
    ServedModel films = ServedModel.open("films", folder, settings);
    try (ModelServer server = ModelServer.start("127.0.0.1", port, settings, List.of(films))) {
      System.out.println(films.task() + " at " + server.address() + "/models/films");
      server.await(); // until another thread closes it
    }
    // README: end
  }
}
