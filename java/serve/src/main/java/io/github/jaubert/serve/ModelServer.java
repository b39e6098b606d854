package io.github.jaubert.serve;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models over HTTP, by Jetty: {@code POST /models/NAME} answers as Hugging Face's inference API
 * does; {@code GET /models}, {@code /health}, {@code /metrics} (for Prometheus) and a page to try
 * the models at {@code /}.
 *
 * <pre>{@code
 * ServeSettings settings = ServeSettings.usual();
 * ServedModel films = ServedModel.open(Path.of("runs/films/model"), settings);
 * try (ModelServer server = ModelServer.start("127.0.0.1", 8080, settings, List.of(films))) {
 *   server.await();
 * }
 * }</pre>
 */
public final class ModelServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelServer.class);
  private static final int MOST_THREADS = 64;

  private final List<ServedModel> models;
  private final Server server;
  private final ServerConnector connector;

  private ModelServer(String host, int port, ServeSettings settings, List<ServedModel> models) {
    this.models = List.copyOf(models);
    QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS);
    threads.setName("http");
    server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(settings.idleTimeout().toMillis());
    connector.addBean(new SlowConnections(settings, connector.getScheduler()));
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(settings.maxConnections(), connector));
    ErrorHandler errors = new ErrorHandler();
    errors.setShowCauses(false);
    errors.setShowStacks(false);
    server.setErrorHandler(errors);
    server.setHandler(new GracefulHandler(new ModelHandler(models, settings)));
    // What a request may take to come, as much again for its answer, and what Jetty gives idle
    // ones.
    server.setStopTimeout(2 * settings.timeout().toMillis() + 2000);
  }

  /**
   * Opens the port and answers from now on.
   *
   * @param host a name or an address of this machine; {@code 0.0.0.0} for all it has
   * @param port 0 for any that is free, see {@link #port}
   * @param models belong to the server from now on, if it starts
   * @throws IllegalArgumentException if there is no model, or two have one name
   * @throws IOException if the port cannot be opened
   */
  public static ModelServer start(
      String host, int port, ServeSettings settings, List<ServedModel> models) throws IOException {
    Set<String> names = new HashSet<>();
    for (ServedModel model : models) {
      if (!names.add(model.name())) {
        throw new IllegalArgumentException("two models are called " + model.name());
      }
    }
    if (models.isEmpty()) {
      throw new IllegalArgumentException("no model to serve");
    }
    ModelServer started = new ModelServer(host, port, settings, models);
    try {
      started.server.start();
    } catch (Exception e) { // Jetty's lifecycle throws any
      started.stop();
      throw e instanceof IOException io ? io : new IOException(e);
    }
    LOG.debug("{} models at {}", models.size(), started.address());
    return started;
  }

  /** The port that is open. */
  public int port() {
    return connector.getLocalPort();
  }

  /** Such as {@code http://127.0.0.1:8080}. */
  public String address() {
    String host = connector.getHost();
    return "http://%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, port());
  }

  /**
   * Waits until the server is closed.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public void await() throws InterruptedException {
    server.join();
  }

  private void stop() {
    try {
      server.stop();
    } catch (Exception e) { // Jetty's lifecycle throws any
      LOG.warn("the server did not stop in time: {}", e.toString());
    }
  }

  /** Takes no more requests, answers those that have come, and closes the models. */
  @Override
  public void close() {
    stop();
    models.forEach(ServedModel::close);
  }
}
