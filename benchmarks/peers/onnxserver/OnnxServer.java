package io.github.jaubert.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.serve.ModelServer;
import io.github.jaubert.serve.ServeSettings;
import io.github.jaubert.serve.ServedModel;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The server of {@code jaubert serve}, with its tokenizer and its batches, whose model is run by
 * ONNX Runtime: an encoder of sentences, as {@code jaubert export} writes it. A batch is padded to
 * its longest text.
 */
@Command(name = "onnx-server", mixinStandardHelpOptions = true)
public final class OnnxServer implements Callable<Integer> {
  @Option(names = "--model", required = true, description = "the folder, for the tokenizer")
  private Path folder;

  @Option(names = "--onnx", required = true, description = "the file")
  private Path file;

  @Option(names = "--port", defaultValue = "8081")
  private int port;

  @Option(names = "--threads", defaultValue = "0", description = "0: all cores")
  private int threads;

  @Option(names = "--batch-tokens", defaultValue = "2048", description = "1: one text a batch")
  private int batchTokens;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new OnnxServer()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    ServeSettings usual = ServeSettings.usual();
    ServeSettings settings =
        new ServeSettings(
            batchTokens,
            usual.batchWait(),
            usual.queueTokens(),
            usual.maxTexts(),
            usual.maxBodyBytes(),
            usual.timeout(),
            usual.maxConnections(),
            usual.idleTimeout());
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      try (OrtSession session = environment.createSession(file.toString(), options);
          ModelServer server =
              ModelServer.start(
                  "127.0.0.1",
                  port,
                  settings,
                  List.of(
                      ServedModel.open("onnx", folder, settings, batch -> run(session, batch))))) {
        System.out.println(server.address() + "/models/onnx");
        server.await();
      }
    }
    return 0;
  }

  private List<float[]> run(OrtSession session, List<Encoding> batch) {
    int width = batch.stream().mapToInt(Encoding::length).max().orElseThrow();
    long[][] columns = new long[3][batch.size() * width];
    for (int i = 0; i < batch.size(); i++) {
      int[] ids = batch.get(i).ids();
      int[] types = batch.get(i).typeIds();
      for (int k = 0; k < ids.length; k++) {
        columns[0][i * width + k] = ids[k];
        columns[1][i * width + k] = 1;
        columns[2][i * width + k] = types[k];
      }
    }
    List<String> names = List.of("input_ids", "attention_mask", "token_type_ids");
    Map<String, OnnxTensor> inputs = new HashMap<>();
    long[] shape = {batch.size(), width};
    try {
      for (int i = 0; i < names.size(); i++) {
        if (session.getInputNames().contains(names.get(i))) {
          inputs.put(
              names.get(i),
              OnnxTensor.createTensor(environment, LongBuffer.wrap(columns[i]), shape));
        }
      }
      try (OrtSession.Result result = session.run(inputs)) {
        return Arrays.asList((float[][]) result.get("sentence_embedding").orElseThrow().getValue());
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }
}
