package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.Prepared;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A trained model that answers requests in JSON, as Hugging Face's inference API does; with no
 * server of its own, so that any other can have it:
 *
 * <pre>{@code
 * ServedModel model = ServedModel.open(Path.of("runs/films/model"), ServeSettings.usual());
 * model.answer(mapper.readTree("{\"inputs\": \"What a film!\"}")).thenAccept(System.out::println);
 * }</pre>
 *
 * <p>Safe from any number of threads, whose texts go into common batches, see {@link Batcher}.
 */
public final class ServedModel implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private final String name;
  private final ServeSettings settings;
  private final ServedTask task;
  private final ExecutorService answering;
  private final Batcher batcher;
  private volatile boolean closed;

  private ServedModel(String name, ServedTask task, ServeSettings settings, Batcher.Engine engine) {
    this.name = name;
    this.settings = settings;
    this.task = task;
    answering =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            work -> {
              Thread thread = new Thread(work, "answers of " + name);
              thread.setDaemon(true);
              return thread;
            });
    batcher = new Batcher("model " + name, settings, answering, engine);
  }

  /**
   * Loads the model of a Hugging Face folder, whose name becomes the model's.
   *
   * @throws CheckpointException if it cannot be loaded
   * @throws IllegalArgumentException if the folder's name is none for a model
   */
  public static ServedModel open(Path folder, ServeSettings settings) {
    Path last = folder.toAbsolutePath().normalize().getFileName();
    return open(last == null ? "" : last.toString(), folder, settings);
  }

  /**
   * The same under another name.
   *
   * @param name letters, digits, {@code .}, {@code _} and {@code -}
   */
  public static ServedModel open(String name, Path folder, ServeSettings settings) {
    return open(name, folder, settings, Prepared::outputs);
  }

  /**
   * The same with something else that runs batches, such as another runtime with the same model.
   *
   * @param engine gives for each text of a batch what the pipeline's model would: of a model that
   *     makes vectors the vector, of a classifier the probabilities
   */
  public static ServedModel open(
      String name,
      Path folder,
      ServeSettings settings,
      Function<List<Encoding>, List<float[]>> engine) {
    return open(name, folder, settings, (first, batch) -> engine.apply(batch));
  }

  private static ServedModel open(
      String name, Path folder, ServeSettings settings, Batcher.Engine engine) {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "'%s' is no name for a model: letters, digits, ., _ and -; name it otherwise"
              .formatted(name));
    }
    return new ServedModel(name, ServedTask.open(folder), settings, engine);
  }

  /** Whether a model can be called so. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** What the model is called. */
  public String name() {
    return name;
  }

  /** The pipeline with which transformers does the same, such as {@code fill-mask}. */
  public String task() {
    return task.name();
  }

  /** A request that can be tried. */
  public JsonNode example() {
    return task.example();
  }

  /**
   * Chooses what the encoder computes in, see {@link Pipeline#computeType}; to be called before
   * there are requests.
   *
   * @return this model
   */
  public ServedModel computeType(DType type) {
    task.pipelines().forEach(pipeline -> pipeline.computeType(type));
    return this;
  }

  void listener(Batcher.Listener told) {
    batcher.listener(told);
  }

  /** Tokens that wait to be read. */
  public int queuedTokens() {
    return batcher.queuedTokens();
  }

  /**
   * Answers a request. The texts are tokenised in this thread, and read by the model in its own.
   *
   * @param request an object with {@code inputs} and perhaps {@code parameters}
   * @return the answer; or a {@link RequestException}, as if the request took longer than {@link
   *     ServeSettings#timeout}
   */
  public CompletableFuture<JsonNode> answer(JsonNode request) {
    try {
      if (batcher.queuedTokens() >= settings.queueTokens()) {
        throw new RejectedExecutionException("the queue is full"); // before there is work with it
      }
      return submit(task.prepare(Inputs.of(request, settings.maxTexts())));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(understood(e));
    }
  }

  private <R> CompletableFuture<JsonNode> submit(Answering<R> answering) {
    CompletableFuture<R> queued = batcher.submit(answering.prepared());
    return queued
        .orTimeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(answering.json())
        .exceptionallyCompose(e -> CompletableFuture.failedFuture(understood(e)));
  }

  private RequestException understood(Throwable e) {
    if (e instanceof CompletionException && e.getCause() != null) {
      return understood(e.getCause());
    }
    if (e instanceof RequestException known) {
      return known;
    }
    if (e instanceof IllegalArgumentException) {
      return new RequestException(400, e.getMessage()); // a pipeline says what is wrong
    }
    if (e instanceof RejectedExecutionException) {
      return new RequestException(429, name + ": " + e.getMessage() + "; try again");
    }
    if (e instanceof TimeoutException) {
      return new RequestException(
          504, name + " did not answer in " + settings.timeout().toMillis() + " ms");
    }
    if (closed) {
      return new RequestException(503, name + " is being closed");
    }
    RequestException failed = new RequestException(500, name + " failed: " + e);
    failed.initCause(e);
    return failed;
  }

  /** Answers what waits, and frees the model. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    batcher.close();
    answering.shutdown();
    task.pipelines().forEach(Pipeline::close);
  }
}
