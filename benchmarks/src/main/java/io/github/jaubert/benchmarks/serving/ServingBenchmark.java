package io.github.jaubert.benchmarks.serving;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Clients that each send one text after another to a server of {@code jaubert serve}, or one that
 * answers as it does: the first column of files with a header, in an order that the seed fixes.
 */
@Command(
    name = "serving",
    mixinStandardHelpOptions = true,
    description = "Latency and sentences/s of a server, with many clients.")
public final class ServingBenchmark implements Callable<Integer> {
  @Option(names = "--url", required = true, description = "such as http://127.0.0.1:8080/models/x")
  private URI url;

  @Option(
      names = "--texts",
      required = true,
      split = ",",
      description = "TSV files; as many requests have a text of each")
  private List<Path> files;

  @Option(names = "--clients", defaultValue = "32", description = "clients at a time")
  private int clients;

  @Option(names = "--requests", defaultValue = "10000", description = "requests of all clients")
  private int requests;

  @Option(names = "--warm-up", defaultValue = "1000", description = "requests before these")
  private int warmUp;

  @Option(names = "--seed", defaultValue = "1", description = "of the order of texts")
  private long seed;

  /** Runs it; the exit code is 1 if a request failed. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new ServingBenchmark()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    List<String> bodies = bodies();
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      run(client, threads, bodies, warmUp);
      long begin = System.nanoTime();
      double[] milliseconds = run(client, threads, bodies, requests);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      Arrays.sort(milliseconds);
      System.out.printf(
          Locale.ROOT,
          "{\"clients\": %d, \"requests\": %d, \"sentences/s\": %.1f, \"p50 ms\": %.2f, \"p99 ms\": %.2f}%n",
          clients,
          requests,
          requests / seconds,
          milliseconds[requests / 2],
          milliseconds[(int) (requests * 0.99)]);
    } finally {
      threads.shutdownNow();
    }
    return 0;
  }

  private List<String> bodies() throws IOException {
    Random random = new Random(seed);
    List<List<String>> texts = new ArrayList<>();
    for (Path file : files) {
      texts.add(
          Files.readAllLines(file).stream().skip(1).map(line -> line.split("\t")[0]).toList());
    }
    JsonMapper mapper = new JsonMapper();
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < Math.max(requests, warmUp); i++) {
      List<String> own = texts.get(i % texts.size());
      String text = own.get(random.nextInt(own.size()));
      bodies.add(mapper.writeValueAsString(Map.of("inputs", text)));
    }
    return bodies;
  }

  /** How long each request took; as many are sent at a time as there are threads. */
  private double[] run(HttpClient client, ExecutorService threads, List<String> bodies, int count)
      throws Exception {
    List<Callable<Double>> calls = new ArrayList<>();
    bodies.subList(0, count).forEach(body -> calls.add(() -> milliseconds(client, body)));
    double[] milliseconds = new double[count];
    int i = 0;
    for (Future<Double> done : threads.invokeAll(calls)) {
      milliseconds[i++] = done.get();
    }
    return milliseconds;
  }

  private double milliseconds(HttpClient client, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    long begin = System.nanoTime();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    double milliseconds = (System.nanoTime() - begin) * 1e-6;
    if (answer.statusCode() != 200) {
      throw new IOException(answer.statusCode() + ": " + answer.body());
    }
    return milliseconds;
  }
}
