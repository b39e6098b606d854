package io.github.jaubert.cli;

import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.serve.ModelServer;
import io.github.jaubert.serve.ServeSettings;
import io.github.jaubert.serve.ServedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Answers over HTTP until it is told to stop. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Answers over HTTP with trained models: POST /models/NAME takes JSON as Hugging Face's inference API does.",
      "GET /models, /health and /metrics (for Prometheus) say how it is, and / is a page to try the models.",
      "Ctrl-C or SIGTERM stops it, once what was asked is answered."
    })
final class ServeCommand implements Callable<Integer> {
  private static final ServeSettings USUAL = ServeSettings.usual();

  @Option(
      names = "--model",
      paramLabel = "[NAME=]DIR",
      required = true,
      split = ",",
      description =
          "Required: Hugging Face folders of trained models, with commas between, or --model several"
              + " times. A model is called as its folder unless NAME says otherwise.")
  private List<String> folders;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description =
          "The address to answer at; 0.0.0.0 for all of this machine, which then anyone can ask who"
              + " reaches it: there is neither a password nor TLS. Default: 127.0.0.1.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port; 0 for any that is free. Default: 8080.")
  private int port = 8080;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      description = "Tokens of a batch, of whatever requests. Default: 2048.")
  private Integer batchTokens;

  @Option(
      names = "--wait-ms",
      paramLabel = "N",
      description = "How long a text waits for others, until its batch is full. Default: 2.")
  private Integer wait;

  @Option(
      names = "--queue-tokens",
      paramLabel = "N",
      description = "Tokens that may wait for a model; more are refused with 429. Default: 65536.")
  private Integer queueTokens;

  @Option(
      names = "--max-texts",
      paramLabel = "N",
      description = "Texts of a request; more are refused with 413. Default: 256.")
  private Integer maxTexts;

  @Option(
      names = "--max-body-kib",
      paramLabel = "N",
      description = "The size of a request in KiB; more is refused with 413. Default: 1024.")
  private Integer maxBody;

  @Option(
      names = "--timeout-s",
      paramLabel = "N",
      description =
          "Seconds for a request to come, else 408, and for its answer, else 504. Default: 30.")
  private Integer timeout;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description = "Connections at a time; further ones wait. Default: 4096.")
  private Integer maxConnections;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    ServeSettings settings = settings();
    if (port < 0 || port > 65_535) {
      throw new ParameterException(
          spec.commandLine(), "--port " + port + ": a number from 0 to 65535");
    }
    Map<String, Path> named = named();
    device.apply(spec.commandLine());
    List<ServedModel> models = new ArrayList<>();
    try {
      named.forEach(
          (name, folder) ->
              models.add(
                  ServedModel.open(name, folder, settings).computeType(device.forAnswers())));
      serve(settings, models);
    } finally {
      models.forEach(ServedModel::close);
    }
    return 0;
  }

  private ServeSettings settings() {
    TrainingOptions.atLeast(spec.commandLine(), "--batch-tokens", batchTokens, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--wait-ms", wait, 0);
    TrainingOptions.atLeast(spec.commandLine(), "--queue-tokens", queueTokens, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--max-texts", maxTexts, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--max-body-kib", maxBody, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--timeout-s", timeout, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--max-connections", maxConnections, 1);
    if (maxBody != null && maxBody > Integer.MAX_VALUE >> 10) {
      throw new ParameterException(
          spec.commandLine(),
          "--max-body-kib %d: at most %d".formatted(maxBody, Integer.MAX_VALUE >> 10));
    }
    return new ServeSettings(
        batchTokens == null ? USUAL.batchTokens() : batchTokens,
        wait == null ? USUAL.batchWait() : Duration.ofMillis(wait),
        queueTokens == null ? USUAL.queueTokens() : queueTokens,
        maxTexts == null ? USUAL.maxTexts() : maxTexts,
        maxBody == null ? USUAL.maxBodyBytes() : maxBody << 10,
        timeout == null ? USUAL.timeout() : Duration.ofSeconds(timeout),
        maxConnections == null ? USUAL.maxConnections() : maxConnections,
        USUAL.idleTimeout());
  }

  /** The folders by the names of their models. */
  private Map<String, Path> named() {
    Map<String, Path> named = new LinkedHashMap<>();
    for (String folder : folders) {
      int equals = folder.indexOf('=');
      Path given = Path.of(folder.substring(equals + 1));
      Path path = ModelOption.folder(spec.commandLine(), "--model", given);
      Path last = given.toAbsolutePath().normalize().getFileName();
      String name = equals < 0 ? String.valueOf(last) : folder.substring(0, equals);
      if (!ServedModel.isName(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "--model %s: '%s' is no name for a model; letters, digits, ., _ and -: NAME=DIR"
                .formatted(folder, name));
      }
      if (named.putIfAbsent(name, path) != null) {
        throw new ParameterException(
            spec.commandLine(),
            "--model: two models are called %s; NAME=DIR names one otherwise".formatted(name));
      }
    }
    return named;
  }

  private void serve(ServeSettings settings, List<ServedModel> models) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    CountDownLatch stop = new CountDownLatch(1);
    ModelServer server;
    try {
      server = ModelServer.start(host, port, settings, models);
    } catch (IOException e) {
      throw new IllegalStateException(
          "%s:%d cannot be opened: %s".formatted(host, port, reason(e)), e);
    }
    for (String signal : List.of("INT", "TERM")) {
      Signals.register(signal, stop::countDown);
    }
    try (server) {
      for (ServedModel model : models) {
        out.printf("%s at %s/models/%s%n", model.task(), server.address(), model.name());
      }
      out.printf("a page to try them: %s/%n", server.address());
      out.flush();
      stop.await();
      spec.commandLine().getErr().println("jaubert: stopping; a second signal ends at once");
      List.of("INT", "TERM").forEach(Signals::registerDefault);
    }
  }

  private static String reason(IOException e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
