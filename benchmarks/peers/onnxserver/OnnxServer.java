package io.github.jaubert.peers;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.serve.ModelServer;
import io.github.jaubert.serve.ServeSettings;
import io.github.jaubert.serve.ServedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new OnnxServer()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    ServeSettings usual = ServeSettings.usual();
    ServeSettings settings = usual.withBatches(batchTokens, usual.batchWait());
    try (OnnxModel model = new OnnxModel(file, threads);
        ModelServer server = ModelServer.start("127.0.0.1", port, settings, served(model, settings))) {
      System.out.println(server.address() + "/models/onnx");
      server.await();
    }
    return 0;
  }

  /** The server closes it. */
  private List<ServedModel> served(OnnxModel model, ServeSettings settings) {
    return List.of(ServedModel.open("onnx", folder, settings, batch -> run(model, batch)));
  }

  private static List<float[]> run(OnnxModel model, List<Encoding> batch) {
    OnnxModel.Batch padded =
        OnnxModel.Batch.padded(
            batch.stream().map(Encoding::ids).toList(),
            batch.stream().map(Encoding::typeIds).toList());
    return model.run(padded, OnnxServer::embeddings);
  }

  private static List<float[]> embeddings(OrtSession.Result result) {
    try {
      return Arrays.asList((float[][]) result.get("sentence_embedding").orElseThrow().getValue());
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
