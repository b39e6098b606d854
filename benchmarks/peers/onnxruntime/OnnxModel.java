package io.github.jaubert.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** An encoder in a file of ONNX, run by ONNX Runtime. */
final class OnnxModel implements AutoCloseable {
  static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private static final List<String> INPUTS =
      List.of("input_ids", "attention_mask", "token_type_ids");

  private final OrtSession session;

  OnnxModel(Path file, int threads) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = ENVIRONMENT.createSession(file.toString(), options);
    }
  }

  /** Ids, mask and segments, each [texts, width]. */
  record Batch(long[][] values, long texts, long width) {
    /** Texts, each its ids and its segments, padded to the longest. */
    static Batch padded(List<int[]> ids, List<int[]> segments) {
      int width = ids.stream().mapToInt(row -> row.length).max().orElseThrow();
      long[][] values = new long[INPUTS.size()][ids.size() * width];
      for (int i = 0; i < ids.size(); i++) {
        for (int k = 0; k < ids.get(i).length; k++) {
          values[0][i * width + k] = ids.get(i)[k];
          values[1][i * width + k] = 1;
          values[2][i * width + k] = segments.get(i)[k];
        }
      }
      return new Batch(values, ids.size(), width);
    }
  }

  /** What is read of the results for a batch. */
  <T> T run(Batch batch, Function<OrtSession.Result, T> read) {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    long[] shape = {batch.texts, batch.width};
    try {
      for (int i = 0; i < INPUTS.size(); i++) {
        if (session.getInputNames().contains(INPUTS.get(i))) {
          LongBuffer values = LongBuffer.wrap(batch.values[i]);
          inputs.put(INPUTS.get(i), OnnxTensor.createTensor(ENVIRONMENT, values, shape));
        }
      }
      try (OrtSession.Result result = session.run(inputs)) {
        return read.apply(result);
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
